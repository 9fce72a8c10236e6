/**
 * The fonts of the browser of the tests: those of packages, so that pictures are the same on every
 * machine.
 *
 * @module
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const INTER = dirname(require.resolve('@expo-google-fonts/inter/package.json'));
const DEJAVU = dirname(require.resolve('dejavu-fonts-ttf/package.json'));

/** Weights that the console uses. Marks of statuses and other signs are in the second font. */
const FOLDERS = [
  join(INTER, '400Regular'),
  join(INTER, '500Medium'),
  join(INTER, '600SemiBold'),
  join(INTER, '700Bold'),
  join(DEJAVU, 'ttf'),
];

const alias = (name: string, ...fonts: readonly string[]): string =>
  `<match target="pattern"><test name="family"><string>${name}</string></test>
  <edit name="family" mode="assign_replace" binding="strong">${fonts.map((font) => `<string>${font}</string>`).join('')}</edit></match>`;

/** Writes a configuration of fontconfig, and returns the path of its file. */
export function fontConfiguration(): string {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-fonts-'));
  const file = join(folder, 'fonts.conf');
  writeFileSync(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
${FOLDERS.map((path) => `<dir>${path}</dir>`).join('\n')}
<cachedir>${join(folder, 'cache')}</cachedir>
${alias('system-ui', 'Inter', 'DejaVu Sans')}
${alias('sans-serif', 'Inter', 'DejaVu Sans')}
${alias('ui-monospace', 'DejaVu Sans Mono')}
${alias('monospace', 'DejaVu Sans Mono')}
</fontconfig>
`,
  );
  return file;
}
