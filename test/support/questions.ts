import type { Question } from '../../src/prompts/kinds.ts'

/** One question of each kind, whose texts hold what one program or another would take for something else. */
export const trickyQuestions = {
  code: { kind: 'code', text: 'MFA code for mfa/jo_doe <b>', notice: '50% & \\n more' },
  password: { kind: 'password', text: 'password of <jo>' },
  confirm: { kind: 'confirm', text: 'sign with <ops> & \\t' },
  visit: { kind: 'visit', text: 'log in', url: 'https://sso.example.com/device?a=1&b=<2>', userCode: 'WDJB-MJHT' },
  note: { kind: 'note', text: 'touch your <key> & \\ wait' },
  choice: { kind: 'choice', text: 'log in by', options: ['--help', '1', 'a_b & \\n'] },
} as const satisfies Readonly<Record<string, Question>>
