/** What a person reads in the browser at the end of a login. */
export interface CallbackPage {
  status: 200 | 400 | 403 | 404 | 405
  title: string
  text: string
}

/** The page as HTML. It loads nothing, runs nothing and leads nowhere: its address has the code in it. */
export function callbackHtml({ status, title, text }: CallbackPage): string {
  const color = status === 200 ? '#1a7f37' : '#b42318'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>latchkey: ${escaped(title)}</title>
<style>
  :root { color-scheme: light dark }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 15vh auto 0; max-width: 34rem; padding: 0 1.5rem }
  h1 { border-left: 4px solid ${color}; font-size: 1.4rem; padding-left: .75rem }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(text)}</p>
</main>
</body>
</html>
`
}

/** Nobody may keep the page, frame it, or learn its address from it. */
export const callbackHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  'Content-Type': 'text/html; charset=utf-8',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
