/**
 * The option `environment`: plain variables of a step, in every mode.
 *
 * @module
 */
import { z } from 'zod';
import { recordOf } from './json.ts';

const MAX_VARIABLES = 100;
const MAX_VALUE_LENGTH = 4096;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|SECRET|SECRET_KEY|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|CREDENTIALS?)$/i;

/** The reason why no step can have a plain variable of this name; undefined if it can. */
function refusalOf(name: string): string | undefined {
  if (!NAME.test(name)) return 'the name of a variable has letters, digits and underscores';
  if (/^(?:HEADRACE|AWS|ECS)_/i.test(name))
    return 'variables with the prefix HEADRACE_, AWS_ or ECS_ are set by Headrace and AWS';
  if (name === 'NODE_OPTIONS') return 'it has no effect on a process that runs already';
  if (SECRET_NAME.test(name))
    return 'the values of environment are stored in clear text and shown: use the option secrets, or another name if it is no secret';
  return undefined;
}

export const environmentSchema = recordOf(z.string(), z.string().max(MAX_VALUE_LENGTH)).superRefine(
  (variables, context) => {
    const names = Object.keys(variables);
    if (names.length > MAX_VARIABLES)
      context.addIssue({ code: 'custom', message: `the limit is ${MAX_VARIABLES} variables` });
    for (const name of names) {
      const message = refusalOf(name);
      if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
    }
  },
);
