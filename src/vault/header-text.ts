/** Whether a header can hold a text: no control character, and no blank at an end, where servers cut it off. */
export const isHeaderText = (text: string): boolean => !/[\p{Cc}\p{Cs}]|^\s|\s$/u.test(text)

/** A text as Node takes it for a header: each of its bytes in UTF-8, which is what Vault's own clients send, as a character. */
export const headerText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')
