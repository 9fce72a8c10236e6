/**
 * The web console and the API on one origin.
 *
 * @module
 */
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConfigError, type HeadraceConfig, readConfig } from '../../lib/config.ts';
import { CONSOLE_FILES } from '../../lib/console-files.ts';
import { functionsIn, resourcesIn, templateOf, written } from './synthesized.ts';

const CONFIG: HeadraceConfig = {
  console: true,
  api: {
    auth: { type: 'oidc', issuer: 'https://issuer.example/realm', audience: ['headrace'] },
  },
};
/** Policies that CloudFront itself manages. */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_HEADERS_BUT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

let template: Template;
beforeAll(() => {
  template = templateOf(CONFIG);
});

const originSchema = z.looseObject({ Id: z.string(), DomainName: z.unknown() });
const behaviorSchema = z.looseObject({
  TargetOriginId: z.string(),
  ResponseHeadersPolicyId: z.object({ Ref: z.string() }),
});
const distributionSchema = z.looseObject({
  DistributionConfig: z.looseObject({
    Origins: z.array(originSchema),
    DefaultCacheBehavior: behaviorSchema,
    CacheBehaviors: z.array(behaviorSchema),
  }),
});
const distribution = () => {
  const [found] = resourcesIn(template, 'AWS::CloudFront::Distribution');
  return distributionSchema.parse(found).DistributionConfig;
};
const originOf = ({ TargetOriginId }: z.infer<typeof behaviorSchema>) =>
  distribution().Origins.find(({ Id }) => Id === TargetOriginId);

/** The headers that a behavior adds to its responses. */
function headersOf({ ResponseHeadersPolicyId }: z.infer<typeof behaviorSchema>) {
  const policies = template.findResources('AWS::CloudFront::ResponseHeadersPolicy');
  return z
    .object({
      ResponseHeadersPolicyConfig: z.looseObject({
        SecurityHeadersConfig: z.looseObject({
          ContentSecurityPolicy: z.object({
            ContentSecurityPolicy: z.unknown().transform(written),
            Override: z.literal(true),
          }),
        }),
      }),
    })
    .parse(policies[ResponseHeadersPolicyId.Ref]?.Properties).ResponseHeadersPolicyConfig
    .SecurityHeadersConfig;
}

describe('the origin of the console', () => {
  it('serves the API at /v1 with the token of each request, over HTTPS only, and caches nothing', () => {
    const { CacheBehaviors } = distribution();
    expect(CacheBehaviors).toMatchObject(
      ['/v1', '/v1/*'].map((PathPattern) => ({
        PathPattern,
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: CACHING_DISABLED,
        OriginRequestPolicyId: ALL_HEADERS_BUT_HOST,
        AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
      })),
    );
    for (const behavior of CacheBehaviors) {
      expect(originOf(behavior)).toMatchObject({
        CustomOriginConfig: { OriginProtocolPolicy: 'https-only' },
      });
      expect(JSON.stringify(originOf(behavior))).toContain('.execute-api.');
      expect(JSON.stringify(originOf(behavior)?.OriginPath)).toContain('Stagelive');
    }
  });

  it('the files are removed with the stack, so that their bucket can be deleted', () => {
    const [upload] = resourcesIn(template, 'Custom::CDKBucketDeployment');
    expect(upload).toMatchObject({ RetainOnDelete: false });
    const [bucket] = Object.entries(template.findResources('AWS::S3::Bucket')).filter(([id]) =>
      id.includes('ConsoleFiles'),
    );
    expect(bucket?.[1].DeletionPolicy).toBe('Delete');
  });

  it('serves the files from a private bucket that only this distribution reads', () => {
    const { DefaultCacheBehavior } = distribution();
    expect(DefaultCacheBehavior).toMatchObject({ ViewerProtocolPolicy: 'redirect-to-https' });
    const origin = originOf(DefaultCacheBehavior);
    expect(written(origin?.DomainName)).toBe('${ConsoleFiles.RegionalDomainName}');
    expect(origin).toHaveProperty('OriginAccessControlId');
    const [policy] = resourcesIn(template, 'AWS::S3::BucketPolicy').filter(({ Bucket }) =>
      written(Bucket).includes('ConsoleFiles'),
    );
    const { Statement } = z
      .looseObject({ Statement: z.array(z.looseObject({ Effect: z.string() })) })
      .parse(policy?.PolicyDocument);
    const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toMatchObject([
      { Action: 's3:GetObject', Principal: { Service: 'cloudfront.amazonaws.com' } },
    ]);
    expect(JSON.stringify(allowed[0]?.Condition)).toMatch(
      /"StringEquals":\{"AWS:SourceArn":.*distribution\/.*ConsoleDistribution/,
    );
    const [bucket] = Object.entries(template.findResources('AWS::S3::Bucket')).filter(([id]) =>
      id.includes('ConsoleFiles'),
    );
    expect(bucket?.[1].Properties).toMatchObject({
      PublicAccessBlockConfiguration: { BlockPublicPolicy: true, RestrictPublicBuckets: true },
    });
  });

  it('a page may use this origin, links to objects and the issuer, and nothing else', () => {
    const links = 'https://${StorageBucket.RegionalDomainName}';
    expect(headersOf(distribution().DefaultCacheBehavior)).toMatchObject({
      ContentSecurityPolicy: {
        ContentSecurityPolicy: [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "font-src 'self'",
          `img-src 'self' data: ${links}`,
          `connect-src 'self' ${links} https://issuer.example`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ].join('; '),
      },
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'DENY', Override: true },
      ReferrerPolicy: { ReferrerPolicy: 'no-referrer', Override: true },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 31_536_000, Override: true },
    });
  });

  it('an answer of the API that is opened as a page runs nothing', () => {
    for (const behavior of distribution().CacheBehaviors)
      expect(headersOf(behavior)).toMatchObject({
        ContentSecurityPolicy: {
          ContentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'; sandbox",
        },
        ContentTypeOptions: { Override: true },
      });
  });

  it('pages may read objects by their links, and not write', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      CorsConfiguration: {
        CorsRules: [
          {
            AllowedMethods: ['GET', 'HEAD'],
            AllowedOrigins: ['*'],
            AllowedHeaders: ['range'],
            ExposedHeaders: ['accept-ranges', 'content-length', 'content-range', 'etag'],
            MaxAge: 3600,
          },
        ],
      },
    });
  });

  it('no page holds a script or a style, which the policy would block', () => {
    for (const [name, content] of Object.entries(CONSOLE_FILES)) {
      if (!name.endsWith('.html')) continue;
      expect(content).not.toMatch(/<script(?![^>]*src=)|<style|\son[a-z]+=|style=|javascript:/i);
      for (const [, file] of content.matchAll(/(?:src|href)="\/([^"]+)"/g))
        expect(Object.keys(CONSOLE_FILES)).toContain(file);
    }
  });

  it('its log groups have a retention period', () => {
    const groups = resourcesIn(template, 'AWS::Logs::LogGroup');
    expect(groups.filter(({ RetentionInDays }) => RetentionInDays !== 30)).toEqual([]);
  });
});

describe('without the console', () => {
  it('the stack has no distribution, no CORS and no function that copies files', () => {
    const { console: _, ...config } = CONFIG;
    const without = templateOf(config);
    without.resourceCountIs('AWS::CloudFront::Distribution', 0);
    expect(JSON.stringify(without.findResources('AWS::S3::Bucket'))).not.toContain('Cors');
    expect([...functionsIn(without).keys()].sort()).toEqual(
      [...functionsIn(template).keys()].filter((name) => !name.startsWith('Custom')).sort(),
    );
  });

  it.each<[string, HeadraceConfig['api'], RegExp]>([
    [
      'callers that sign with IAM',
      { auth: { type: 'iam' } },
      /^console: a browser has no AWS credentials, and CloudFront changes the host .*oidc/,
    ],
    [
      'a private API',
      { ...CONFIG.api, endpoint: 'private' },
      /^console: CloudFront cannot reach a private API/,
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
