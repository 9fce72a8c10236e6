/**
 * Synthesizes the stack of a configuration in a temporary folder.
 *
 * @module
 */
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { HeadraceStack } from '../../lib/stack.ts';
import { SETTINGS_FILE } from '../../src/aws/deployment/settings.ts';

export const IMAGE = { uri: 'registry.example/steps@sha256:0123' };

export function newStack(config: HeadraceConfig = {}) {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-synth-')) });
  const stack = new HeadraceStack(app, 'headrace', { image: IMAGE, ...config });
  return { app, stack };
}

export const templateOf = (config: HeadraceConfig = {}): Template =>
  Template.fromStack(newStack(config).stack);

/** The properties of all resources of a type. */
export const resourcesIn = (template: Template, type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) =>
    z.record(z.string(), z.unknown()).parse(Properties),
  );

/** The properties of each function, by its name without the prefix. */
export const functionsIn = (template: Template): ReadonlyMap<string, Record<string, unknown>> =>
  new Map(
    Object.entries(template.findResources('AWS::Lambda::Function')).map(([id, { Properties }]) => [
      /^Headrace(?:Api)?([A-Z][a-z]+)Function[0-9A-F]{8}$/.exec(id)?.[1]?.toLowerCase() ?? id,
      z.record(z.string(), z.unknown()).parse(Properties),
    ]),
  );

/** The properties of a function, by its name without the prefix. */
export const functionIn = (template: Template, name: string) => functionsIn(template).get(name);

const statementSchema = z.object({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: z.union([z.string(), z.array(z.string())]).transform((actions) => [actions].flat()),
  Condition: z.unknown().optional(),
  Resource: z.unknown().transform((resources) => [resources].flat().map(written)),
});
const policySchema = z.object({
  Properties: z.object({
    Roles: z.array(z.object({ Ref: z.string() })),
    PolicyDocument: z.object({ Statement: z.array(statementSchema) }),
  }),
});
export type Statement = z.infer<typeof statementSchema>;

const codeSchema = z.looseObject({
  Code: z.looseObject({ S3Key: z.string().endsWith('.zip') }),
  Environment: z.looseObject({ Variables: z.record(z.string(), z.unknown()) }).optional(),
});

/** The settings in the code of a function, and its environment with references as text. */
export function settingsOf(config: HeadraceConfig, name: string) {
  const { app, stack } = newStack(config);
  const { Code, Environment } = codeSchema.parse(functionIn(Template.fromStack(stack), name));
  const file = join(app.outdir, `asset.${Code.S3Key.slice(0, -'.zip'.length)}`, SETTINGS_FILE);
  const environment = Object.entries(Environment?.Variables ?? {}).map(
    ([variable, value]) => [variable, written(value)] as const,
  );
  return {
    file: existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined,
    environment: Object.fromEntries(environment),
  };
}

/** The permissions of each role in the template, by the role's id without CDK's hash. */
export function statementsByRole(template: Template): ReadonlyMap<string, readonly Statement[]> {
  const found = new Map<string, Statement[]>();
  for (const policy of Object.values(template.findResources('AWS::IAM::Policy'))) {
    const { Roles, PolicyDocument } = policySchema.parse(policy).Properties;
    for (const { Ref } of Roles) {
      const role = Ref.replace(/^Headrace/, '').replace(/[0-9A-F]{8}$/, '');
      found.set(role, [...(found.get(role) ?? []), ...PolicyDocument.Statement]);
    }
  }
  return found;
}

/** An intrinsic function as text: `${Id.Arn}`, without CDK's hashes. */
export function written(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  const plain = (id: unknown) =>
    String(id)
      .replace(/[0-9A-F]{8}$/, '')
      .replace(/^Headrace/, '');
  if ('Ref' in value) return `\${${plain(value.Ref)}}`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt']))
    return `\${${plain(value['Fn::GetAtt'][0])}.${value['Fn::GetAtt'][1]}}`;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: readonly unknown[] = value['Fn::Join'];
    if (Array.isArray(parts)) return parts.map(written).join(String(separator));
  }
  return JSON.stringify(value);
}
