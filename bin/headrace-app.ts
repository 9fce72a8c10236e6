/**
 * The CDK app: one stack from `headrace.config.ts`. It bundles the functions and the runner if
 * their sources changed, so that `npx cdk synth` needs no earlier command. If `cdk` has credentials,
 * it compares the configuration with the account's quotas first.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import config from '../headrace.config.ts';
import { ConfigError, readConfig } from '../lib/config.ts';
import { HeadraceStack } from '../lib/stack.ts';
import { checkAccount } from './account-quotas.ts';

try {
  const { prefix } = readConfig(config);
  for (const script of ['lambda.mjs', 'runner.mjs']) {
    execFileSync(
      process.execPath,
      [fileURLToPath(new URL(`../scripts/${script}`, import.meta.url))],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  }
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
  const env = {
    ...(account !== undefined && { account }),
    ...(region !== undefined && { region }),
  };
  const app = new App();
  const checked = await checkAccount(config);
  for (const line of checked.report) console.error(line);
  new HeadraceStack(app, prefix, checked.config, { env });
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(`headrace.config.ts: ${error.message}`);
  process.exitCode = 1;
}
