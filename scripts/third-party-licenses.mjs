import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The licences of the packages whose code is in the bundles: most licences require their text in every copy.
 * @param root the folder with node_modules
 * @param files the source files in the bundles, relative to `root` (esbuild's metafile)
 */
export function thirdPartyLicenses(root, files) {
  const folders = new Set(files.flatMap((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []))
  const texts = [...folders]
    .sort((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
      return `${name} ${version} (${license})\n\n${licenseText(join(root, folder)) ?? 'The package contains no licence text.'}\n`
    })
  return `latchkey's bundles contain code of these packages.\n\n${texts.join(`\n${'-'.repeat(80)}\n\n`)}`
}

function licenseText(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  return file === undefined ? undefined : readFileSync(join(folder, file), 'utf8').trim()
}
