/**
 * The resource policy of a private API.
 *
 * @module
 */
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { HeadraceConfig } from '../../lib/config.ts';
import { statementSchema, type Verdict, verdictOf } from '../iam/policy.ts';
import { templateOf, written } from './synthesized.ts';

const CALL = 'arn:aws:execute-api:eu-west-1:123456789012:abc123/live/GET/v1/runs';
const policySchema = z.object({
  Policy: z.object({ Statement: z.array(z.looseObject({ Principal: z.unknown() })) }),
});

/** The verdict of the API's resource policy on a call through an endpoint, or through none. */
function verdictIn(config: HeadraceConfig): (endpoint?: string) => Verdict {
  const [rest] = Object.values(templateOf(config).findResources('AWS::ApiGateway::RestApi'));
  const statements = policySchema
    .parse(rest?.Properties)
    .Policy.Statement.map(({ Principal, Condition = {}, ...statement }) => {
      expect(Principal).toEqual({ AWS: '*' });
      const conditions = z.record(z.string(), z.record(z.string(), z.unknown())).parse(Condition);
      const resolved = Object.entries(conditions).map(([operator, keys]) => [
        operator,
        Object.fromEntries(
          Object.entries(keys).map(([key, values]) => [key, [values].flat().map(written)]),
        ),
      ]);
      // API Gateway puts the API's own ARN before the path.
      return statementSchema.parse({
        ...statement,
        Resource: 'arn:aws:execute-api:*:*:*',
        Condition: Object.fromEntries(resolved),
      });
    });
  return (endpoint) =>
    verdictOf(statements, {
      action: 'execute-api:Invoke',
      resource: CALL,
      ...(endpoint === undefined ? {} : { context: { 'aws:SourceVpce': endpoint } }),
    });
}

it('a private API in given subnets is reachable through the given endpoints only', () => {
  const verdict = verdictIn({
    api: { endpoint: 'private', vpcEndpointIds: ['vpce-0a', 'vpce-0b'] },
    network: { type: 'given', vpcId: 'vpc-0a', subnetIds: ['subnet-0a'] },
  });
  expect(['vpce-0a', 'vpce-0b', 'vpce-0c', undefined].map(verdict)).toEqual([
    'allowed',
    'allowed',
    'denied',
    'denied',
  ]);
});

it("a private API in Headrace's own network is reachable through the endpoint that is created for it", () => {
  const verdict = verdictIn({ api: { endpoint: 'private' } });
  expect(['vpce-0a', undefined].map(verdict)).toEqual(['denied', 'denied']);
  expect(verdict('${NetworkVpcApiEndpoint}')).toBe('allowed');
});
