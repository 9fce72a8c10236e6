/** The environment of the submitting process in options, and `process` in the logic. */
import { completes, type Program, type Programs } from '../program.ts';

/** A program whose logic reads something that it does not have. */
const refused = (expression: string, what: string): Program => ({
  source: `
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => { try { return ${expression}; } catch (error: any) { return [error.name, error.message]; } });`,
  outcome: completes([
    'NotInLogicError',
    `${what} is not available in a pipeline's logic, which is replayed and must do the same each time: pass it as an argument of the pipeline, or read it in a component`,
  ]),
});

export const ENVIRONMENT: Programs = {
  'options and constants have the environment of the submitting process': {
    source: `
  const { HEADRACE_TRY_TIMES = '1', HEADRACE_TRY_NONE: none = 'no default' } = process.env;
  const prefix = (process.env.HEADRACE_TRY_PREFIX ?? 'none') + process?.env['HEADRACE_TRY_NONE'];
  const step = component({ name: process.env.HEADRACE_TRY_NAME ?? 'default', retryOnFailure: Number(process.env.HEADRACE_TRY_RETRIES ?? 0), retryBackoff: { initialSeconds: 0 } }, async () => {
    if (currentStep().attempt < 3) throw new Error('again');
    return [currentStep().name, currentStep().attempt];
  });
  process.on('exit', () => {}); process.env.HEADRACE_TRY_SET = 'x';
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => [await step(), prefix, HEADRACE_TRY_TIMES, none]);`,
    env: {
      HEADRACE_TRY_NAME: 'from environment',
      HEADRACE_TRY_RETRIES: '2',
      HEADRACE_TRY_TIMES: '7',
      HEADRACE_TRY_PREFIX: 'pre',
    },
    outcome: completes([['from environment', 3], 'preundefined', '7', 'no default']),
  },
  'a variable of the environment in the logic': refused(
    'process.env.HEADRACE_TRY_NONE ?? null',
    'process.env.HEADRACE_TRY_NONE',
  ),
  'the id of the process in the logic': refused('process.pid', 'process.pid'),
  'a listener of the process in the logic': refused(`process.on('exit', () => {})`, 'process.on'),
  'all variables of the environment in the logic': refused('{ ...process.env }', 'process.env'),
  'a name of a variable that is known only when the logic runs': refused(
    `process.env[['HEADRACE', 'TRY'].join('_')]`,
    'process.env.HEADRACE_TRY',
  ),
};
