/**
 * The web console on the origin of the API.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, type HeadraceConfig, readConfig } from '../../lib/config.ts';
import { hostedSettingsSchema } from '../../src/console-server/hosted-console.ts';
import {
  functionIn,
  functionsIn,
  newStack,
  resourcesIn,
  settingsOf,
  statementsByRole,
  templateOf,
  written,
} from './synthesized.ts';

const AUTH = {
  type: 'oidc' as const,
  issuer: 'https://issuer.example/realm',
  audience: ['headrace', 'other'],
  client: { id: 'the-console', scopes: ['api'], origins: ['https://tokens.example/oauth2'] },
};
const CONFIG: HeadraceConfig = { console: true, api: { auth: AUTH } };

let template: Template;
beforeAll(() => {
  template = templateOf(CONFIG);
});

const methods = () =>
  resourcesIn(template, 'AWS::ApiGateway::Method').map((properties) =>
    z
      .looseObject({
        HttpMethod: z.string(),
        AuthorizationType: z.string(),
        ResourceId: z.unknown().transform(written),
        Integration: z.looseObject({ Uri: z.unknown().transform(written) }),
      })
      .parse(properties),
  );

describe('the console of a deployment', () => {
  it('anyone may GET the files, and every other method and path is authorized', () => {
    const open = methods().filter(({ AuthorizationType }) => AuthorizationType === 'NONE');
    expect(open.map(({ HttpMethod, ResourceId }) => `${HttpMethod} ${ResourceId}`).sort()).toEqual([
      'GET ${ApiRestconsoleproxy}',
      'GET ${ApiRestconsole}',
    ]);
    for (const { Integration } of open) expect(Integration.Uri).toContain('WebConsole');
    expect(
      methods().filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM'),
    ).toHaveLength(2);
  });

  it('requests for the files have limits of their own', () => {
    const [stage] = resourcesIn(template, 'AWS::ApiGateway::Stage');
    expect(stage?.MethodSettings).toMatchObject(
      expect.arrayContaining(
        ['/~1console', '/~1console~1{proxy+}'].map((ResourcePath) =>
          expect.objectContaining({
            HttpMethod: 'GET',
            ResourcePath,
            ThrottlingRateLimit: 50,
            ThrottlingBurstLimit: 100,
          }),
        ),
      ),
    );
  });

  it('its function may write its log, and nothing else', () => {
    const statements = statementsByRole(template).get('WebConsoleRole');
    expect(statements?.flatMap(({ Action }) => Action).sort()).toEqual([
      'logs:CreateLogStream',
      'logs:PutLogEvents',
    ]);
  });

  it('its function has the files of the console in its code', () => {
    const { app, stack } = newStack(CONFIG);
    const { Code } = z
      .looseObject({ Code: z.looseObject({ S3Key: z.string() }) })
      .parse(functionIn(Template.fromStack(stack), consoleName(template)));
    const folder = join(app.outdir, `asset.${Code.S3Key.replace(/\.zip$/, '')}`);
    expect(existsSync(join(folder, 'console/index.html'))).toBe(true);
    expect(readdirSync(join(folder, 'console/assets')).length).toBeGreaterThan(1);
  });

  it('its page learns the issuer and the client, and no secret', () => {
    const { file, environment } = settingsOf(CONFIG, consoleName(template));
    expect(hostedSettingsSchema.parse(file)).toEqual({
      config: {
        signIn: 'oidc',
        issuer: 'https://issuer.example/realm',
        clientId: 'the-console',
        scopes: ['openid', 'api'],
        audience: 'headrace',
        token: 'access',
      },
      issuerOrigins: ['https://issuer.example', 'https://tokens.example'],
    });
    expect(environment).toEqual({});
  });

  it('a private API can have a console', () => {
    const network: HeadraceConfig = {
      ...CONFIG,
      api: { auth: AUTH, endpoint: 'private', vpcEndpointIds: [] },
    };
    expect(functionsIn(templateOf(network)).size).toBe(functionsIn(template).size);
  });

  it('its address is an output', () => {
    const outputs = z
      .record(z.string(), z.looseObject({ Value: z.unknown() }))
      .parse(template.findOutputs('Console'));
    expect(written(outputs.Console?.Value)).toMatch(/execute-api.*\/console\/$/);
  });
});

const consoleName = (from: Template): string =>
  [...functionsIn(from).keys()].find((name) => /console/i.test(name)) ?? 'no console';

describe('without the console', () => {
  it('the stack has neither its function nor an open method', () => {
    const without = templateOf({ api: { auth: AUTH } });
    expect(consoleName(without)).toBe('no console');
    expect(JSON.stringify(without.findResources('AWS::ApiGateway::Method'))).not.toContain('NONE');
  });

  it.each<[string, HeadraceConfig['api'], RegExp]>([
    [
      'callers that sign with IAM',
      { auth: { type: 'iam' } },
      /^console: a browser has no AWS credentials: .*oidc.*headrace console --profile/,
    ],
    [
      'an issuer without a client',
      { auth: { type: 'oidc', issuer: 'https://issuer.example', audience: ['a'] } },
      /^api\.auth\.client: the console signs in as a public client/,
    ],
    [
      'a client with an unknown token',
      // @ts-expect-error another token
      { auth: { ...AUTH, client: { id: 'a', token: 'refresh' } } },
      /^api\.auth\.client\.token: access or id/,
    ],
  ])('the configuration is refused: %s', (_what, api, issue) => {
    expect(() => readConfig({ console: true, api })).toThrow(ConfigError);
    try {
      readConfig({ console: true, api });
    } catch (error) {
      expect(error).toMatchObject({ issues: [expect.stringMatching(issue)] });
    }
  });
});
