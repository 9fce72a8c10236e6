/**
 * The origin of a web console: one distribution of CloudFront that serves static files at `/` and
 * the API at `/v1`, so that a browser needs no CORS for the API.
 *
 * 1. The files are in a bucket of their own, which only this distribution may read. They are the
 *    same for every visitor and hold no data, so that everyone may load them.
 * 2. Nothing of the API is cached, and all headers reach it but Host: its authorizer checks the
 *    token of each request. A request over HTTP is refused, because a redirect would come too late
 *    for its token.
 * 3. A page may load scripts and styles from this origin only, and may connect to it, to the bucket
 *    of objects (by presigned links) and to the issuer of tokens. No other page may embed it.
 *
 * @module
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  type ResponseSecurityHeadersBehavior,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { RestApiOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  HttpMethods,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Configuration } from './config.ts';
import { CONSOLE_FILES } from './console-files.ts';
import { encryptedBy, keyOf } from './encryption.ts';
import { findingText } from './grant.ts';

/** A path of the console without a file: `/runs/…` is the page, which reads the path. */
const PAGE_FOR_PATHS = `function handler(event) {
  var request = event.request;
  if (!/\\.[a-z0-9]+$/.test(request.uri)) request.uri = '/index.html';
  return request;
}`;

export class WebConsole extends Construct {
  readonly distribution: Distribution;

  constructor(
    scope: Construct,
    id: string,
    config: Configuration,
    { rest, objects }: { readonly rest: RestApi; readonly objects: Bucket },
  ) {
    super(scope, id);
    const files = this.#files(config);
    // Policies and access controls of CloudFront exist in all regions of an account.
    const name = `${config.prefix}-${Stack.of(this).region}`;
    // A presigned link is the permission itself: its holder may read the object, from any page.
    // The origin of this distribution cannot be named here, because it names the bucket (rule 3).
    objects.addCorsRule({
      allowedOrigins: ['*'],
      allowedMethods: [HttpMethods.GET, HttpMethods.HEAD],
      allowedHeaders: ['range'],
      exposedHeaders: ['accept-ranges', 'content-length', 'content-range', 'etag'],
      maxAge: Duration.hours(1).toSeconds(),
    });
    const api: BehaviorOptions = {
      origin: new RestApiOrigin(rest),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: this.#headers('ApiHeaders', `${name}-api`, API_POLICY),
    };
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Headrace ${config.prefix}: web console and API`,
      defaultRootObject: 'index.html',
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(files, {
          originAccessControl: new S3OriginAccessControl(this, 'FilesAccess', {
            originAccessControlName: name,
          }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: this.#headers(
          'FileHeaders',
          `${name}-files`,
          pagePolicy(config, objects),
        ),
        functionAssociations: [
          {
            eventType: FunctionEventType.VIEWER_REQUEST,
            function: new EdgeFunction(this, 'Paths', {
              code: FunctionCode.fromInline(PAGE_FOR_PATHS),
              runtime: FunctionRuntime.JS_2_0,
            }),
          },
        ],
      },
      additionalBehaviors: { '/v1': api, '/v1/*': api },
    });
    acknowledge(this.distribution, {
      'AwsSolutions-CFR1': 'Callers authenticate: their country does not matter.',
      'AwsSolutions-CFR2':
        'The web ACL of the configuration protects the API itself (api.webAclArn); the files are public.',
      'AwsSolutions-CFR3': 'API Gateway logs each request for the API; the files hold no data.',
      'AwsSolutions-CFR4': 'The default certificate of CloudFront has no setting for its protocol.',
    });
  }

  #files(config: Configuration): IBucket {
    const bucket: object = new Bucket(this, 'Files', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    if (!isBucket(bucket)) throw new Error('the bucket of the console is no bucket');
    acknowledge(bucket, {
      'AwsSolutions-S1': 'The files hold no data, and CloudFront reads them.',
    });
    new BucketDeployment(this, 'Upload', {
      destinationBucket: bucket,
      // A bucket with files could not be deleted with the stack.
      retainOnDelete: false,
      sources: Object.entries(CONSOLE_FILES).map(([name, content]) => Source.data(name, content)),
      cacheControl: [CacheControl.noCache()],
      logGroup: new LogGroup(this, 'UploadLogs', {
        ...encryptedBy(keyOf(this, config)),
        retention: config.retention.logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    acknowledgeUpload(this, bucket);
    return bucket;
  }

  #headers(
    id: string,
    responseHeadersPolicyName: string,
    contentSecurityPolicy: string,
  ): ResponseHeadersPolicy {
    const securityHeadersBehavior: ResponseSecurityHeadersBehavior = {
      contentSecurityPolicy: { contentSecurityPolicy, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
    };
    return new ResponseHeadersPolicy(this, id, {
      responseHeadersPolicyName,
      securityHeadersBehavior,
    });
  }
}

/** With exact optional properties, the class `Bucket` is not assignable to its own interface. */
const isBucket = (construct: object): construct is IBucket => construct instanceof Bucket;

/** An answer of the API that is opened as a page runs nothing. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/** Rule 3. */
function pagePolicy({ api }: Configuration, objects: Bucket): string {
  const links = `https://${objects.bucketRegionalDomainName}`;
  const issuer = api.auth.type === 'oidc' ? ` ${new URL(api.auth.issuer).origin}` : '';
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    `img-src 'self' data: ${links}`,
    `connect-src 'self' ${links}${issuer}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The function of the CDK that copies the files while the stack is deployed. */
function acknowledgeUpload(scope: IConstruct, { bucketArn }: IBucket): void {
  const stack = Stack.of(scope);
  const { partition, account, region, synthesizer } = stack;
  const qualifier = synthesizer.bootstrapQualifier ?? 'hnb659fds';
  const assets = `arn:${partition}:s3:::cdk-${qualifier}-assets-${account}-${region}`;
  const rules = [
    'AwsSolutions-L1',
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
    ...['GetObject', 'GetBucket', 'List', 'DeleteObject', 'Abort'].map(
      (action) => `AwsSolutions-IAM5[Action::s3:${action}*]`,
    ),
    ...[`${bucketArn}/*`, `${assets}/*`].map(
      (resource) => `AwsSolutions-IAM5[Resource::${findingText(stack.resolve(resource))}]`,
    ),
    'Serverless-LambdaDLQ',
    'Serverless-LambdaLatestVersion',
    'Serverless-LambdaTracing',
  ];
  const reason = 'The CDK copies the files with this function while the stack is deployed.';
  for (const handler of stack.node.children)
    if (handler.node.id.startsWith('Custom::CDKBucketDeployment'))
      acknowledge(handler, Object.fromEntries(rules.map((rule) => [rule, reason])));
}
