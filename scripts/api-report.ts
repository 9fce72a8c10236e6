/**
 * Writes the reports of the public API: every export of `headrace`, `headrace/testing`, `headrace/client`,
 * `headrace/eslint` and `headrace/cdk`, with its type. A reviewer sees a change of the API as a change of these files.
 *
 *     npm run api               writes docs/api/*.api.md
 *     npm run api -- --check    fails if they differ from the declarations in dist
 *
 * It reads the declarations that the package contains, so `dist` must be built.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'docs/api');

const REPORTS = [
  { name: 'headrace', entry: 'dist/types/index.d.ts' },
  { name: 'headrace-testing', entry: 'dist/types/testing/index.d.ts' },
  { name: 'headrace-client', entry: 'dist/types/program-client/index.d.ts' },
  { name: 'headrace-eslint', entry: 'dist/types/eslint/index.d.ts' },
  { name: 'headrace-cdk', entry: 'dist/types-cdk/lib/index.d.ts' },
];

/** Writes the report, or compares it if `check`. @returns whether it was up to date */
function report({ name, entry }: (typeof REPORTS)[number], check: boolean): boolean {
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: ROOT,
      mainEntryPointFilePath: join(ROOT, entry),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            module: 'nodenext',
            target: 'es2023',
            lib: ['es2023'],
            strict: true,
            skipLibCheck: true,
            types: [],
          },
          files: [join(ROOT, entry)],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: FOLDER,
        reportTempFolder: join(ROOT, 'node_modules/.cache/headrace/api'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
      },
    },
    packageJsonFullPath: join(ROOT, 'package.json'),
    configObjectFullPath: undefined,
  });
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback(message) {
      if (message.logLevel === ExtractorLogLevel.Error)
        console.error(message.formatMessageWithLocation(ROOT));
      message.handled = true;
    },
  });
  return !apiReportChanged;
}

const check = process.argv.includes('--check');
mkdirSync(FOLDER, { recursive: true });
const changed = REPORTS.filter((each) => !report(each, check)).map(
  ({ name }) => `docs/api/${name}.api.md`,
);
if (changed.length === 0) console.log('api: the reports are up to date');
else if (check) {
  console.error(
    `api: ${changed.join(' and ')} ${changed.length === 1 ? 'differs' : 'differ'} from the declarations: run \`npm run api\`, and commit the change if it is intended`,
  );
  process.exitCode = 1;
} else console.log(`api: wrote ${changed.join(' and ')}`);
