/**
 * The settings of a step's container: options of `component` and `pipeline`, grouped by the part of
 * the system that applies them.
 *
 * @module
 */

import { z } from 'zod';
import { environmentSchema } from './environment-variables.ts';
import { recordOf } from './json.ts';
import type { ContainerSetting } from './option-table.ts';
import { repoPatchSchema } from './repo-patch.ts';
import { resourceArguments, resourcesSchema } from './resources-option.ts';

/**
 * Environment variables whose values are secrets of AWS Secrets Manager, by name. `name:key` is one
 * field of a secret that is a JSON object. Only the names are stored and sent: the supervisor reads
 * the values with the role of the step's project, so no job definition contains them.
 */
const secretsSchema = recordOf(
  z.string(),
  z
    .string()
    .regex(
      /^[\w/+=.@-]{1,512}(?::[^:\s]{1,256})?$/,
      'a secret is the name of one in Secrets Manager, as in "team/database" or "team/database:password"',
    ),
).superRefine((secrets, context) => {
  for (const name of Object.keys(secrets)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'the name of an environment variable has letters, digits and underscores',
      });
    } else if (/^(?:HEADRACE|AWS|ECS)_/i.test(name)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: 'variables with the prefix HEADRACE_, AWS_ or ECS_ cannot hold secrets',
      });
    }
  }
});

/** Settings that are part of the container's job definition. */
const jobDefinitionShape = {
  docker: z.string().optional(),
  dockerArgs: z.string().optional(),
};

/** Options that the supervisor applies in the container, before it starts the step. */
const supervisorOptionsShape = {
  dockerBashSetupScript: z.string().optional(),
  repo: z.string().optional(),
  repoBranch: z.string().optional(),
  repoCommit: z.string().optional(),
  secrets: secretsSchema.optional(),
};

/** Settings that the supervisor applies. */
const supervisorShape = {
  ...supervisorOptionsShape,
  /** No option: the uncommitted changes of a local checkout that `repo` names. */
  repoPatch: repoPatchSchema.optional(),
};

export const containerSettingsShape = {
  /** It extends the list of packages in the component's code. */
  packages: z.union([z.array(z.string()), z.string()]).optional(),
  ...jobDefinitionShape,
  ...supervisorOptionsShape,
  /** The runner changes to it, in a subprocess as well as in a container. */
  workingDir: z.string().optional(),
  /** The runner sets them, in a subprocess as well as in a container. */
  environment: environmentSchema.optional(),
  /** Jobs carry them as arguments of Docker. */
  resources: resourcesSchema.optional(),
} satisfies Readonly<Record<ContainerSetting, z.ZodType>>;

/** Settings that a job of a step carries. Local subprocesses ignore them. */
const jobSettingsSchema = z.object({
  ...jobDefinitionShape,
  ...supervisorShape,
  /** Its fields are also options of `dockerArgs`. A queue without containers refuses it by name. */
  resources: resourcesSchema.optional(),
});
export type JobSettings = z.infer<typeof jobSettingsSchema>;

/** The settings of a declaration that its jobs carry. */
export function jobSettingsOf(declaration: JobSettings): JobSettings {
  const settings = jobSettingsSchema.parse(declaration);
  const { dockerArgs = '', resources } = settings;
  if (resources === undefined) return settings;
  return { ...settings, dockerArgs: `${dockerArgs} ${resourceArguments(resources)}`.trim() };
}

/** Settings that the supervisor reads from the group's spec. */
export const preparationSchema = z.strictObject(supervisorShape);
export type Preparation = z.infer<typeof preparationSchema>;

const supervisorSettingsSchema = z.object(supervisorShape);

/** The settings of a job that belong to its group's spec. */
export const preparationOf = (settings: JobSettings): Preparation =>
  supervisorSettingsSchema.parse(settings);

/** Settings that have an effect in containers only. */
export const CONTAINER_ONLY_SETTINGS: readonly ContainerSetting[] = [
  ...jobSettingsSchema.omit({ repoPatch: true }).keyof().options,
  'packages',
];
