import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { findProgram } from './peers.ts'

/** What the tests use of playwright-core, whose own types are about a browser's globals, which these tests do not have. */
export interface Page {
  goto(url: string): Promise<unknown>
  url(): string
  click(selector: string): Promise<void>
  fill(selector: string, value: string): Promise<void>
  setContent(html: string): Promise<void>
  textContent(selector: string): Promise<string | null>
  waitForSelector(selector: string): Promise<unknown>
  waitForRequest(url: RegExp): Promise<{ url(): string }>
}
export interface Browser {
  newContext(): Promise<{ newPage(): Promise<Page> }>
  close(): Promise<void>
}
interface Playwright {
  chromium: { launch(options: { executablePath: string; args: readonly string[] }): Promise<Browser> }
}

const playwright: string = 'playwright-core'

/** Debian's Chromium without a window, which ends with the running test. */
export async function startBrowser(args: readonly string[] = []): Promise<Browser> {
  const { chromium } = (await import(playwright)) as Playwright
  const options = { executablePath: findProgram('chromium')!, args: ['--no-sandbox', ...args] }
  const browser = await chromium.launch(options)
  onTestFinished(() => browser.close())
  return browser
}

/** A page of a browser of its own, without cookies. */
export async function openPage(browser: Browser): Promise<Page> {
  const context = await browser.newContext()
  return context.newPage()
}

/** The desktop, as far as programs notice: it opens no page, and remembers which it was told to open. */
export interface Desktop {
  env: Readonly<Record<string, string>>
  /** Resolves to the address that it is told to open next. */
  opened(): Promise<string>
}

/** A desktop with xdg-open. @param goesOn what that does after it has noted the address, in shell */
export function fakeDesktop(folder: string, goesOn = 'exit 0'): Desktop {
  const bin = join(folder, 'desktop')
  const file = join(bin, 'opened')
  mkdirSync(bin, { recursive: true })
  writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\nprintf '%s' "$1" >"$0.new" && mv "$0.new" '${file}'\n${goesOn}\n`)
  chmodSync(join(bin, 'xdg-open'), 0o755)
  return {
    env: { PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, DISPLAY: ':0' },
    async opened() {
      await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true)
      const address = readFileSync(file, 'utf8')
      rmSync(file)
      return address
    },
  }
}
