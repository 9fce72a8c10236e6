/**
 * Publishes a mail to a topic of SNS, which sends it to its subscribers. One signed request: SNS is
 * used for nothing else, and its client would be most of the function.
 *
 * @module
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';

export interface MailTopic {
  /** Rejects with the reason if the topic does not accept the mail. */
  publish(
    topicArn: string,
    mail: { readonly subject: string; readonly text: string },
  ): Promise<void>;
}

export interface MailTopicOptions {
  readonly credentials: ConstructorParameters<typeof SignatureV4>[0]['credentials'];
  /** `AWS_ENDPOINT_URL_SNS` and `AWS_ENDPOINT_URL` are read. */
  readonly environment?: NodeJS.ProcessEnv;
}

const REQUEST_TIMEOUT_MS = 5000;
/** SNS: a subject has fewer than 100 characters of ASCII, and no line break. */
const MAX_SUBJECT_LENGTH = 99;

export function createMailTopic({
  credentials,
  environment = process.env,
}: MailTopicOptions): MailTopic {
  return {
    async publish(topicArn, { subject, text }) {
      const [, partition = 'aws', , region = ''] = topicArn.split(':');
      const url = new URL(endpointOf(partition, region, environment));
      const body = new URLSearchParams({
        Action: 'Publish',
        Version: '2010-03-31',
        TopicArn: topicArn,
        Subject: subjectText(subject),
        Message: text,
      }).toString();
      const signer = new SignatureV4({ service: 'sns', region, credentials, sha256: Sha256 });
      const { headers } = await signer.sign({
        method: 'POST',
        protocol: url.protocol,
        hostname: url.hostname,
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        path: url.pathname,
        query: {},
        headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
        body,
      });
      const { host: _, ...signed } = headers;
      const response = await fetch(url, {
        method: 'POST',
        headers: signed,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
      if (response.ok) return void (await response.body?.cancel());
      throw new Error(`SNS answered ${response.status}: ${codeIn(await response.text())}`);
    },
  };
}

function endpointOf(
  partition: string,
  region: string,
  { AWS_ENDPOINT_URL_SNS, AWS_ENDPOINT_URL }: NodeJS.ProcessEnv,
): string {
  const endpoint = [AWS_ENDPOINT_URL_SNS, AWS_ENDPOINT_URL].find((each) => each);
  return endpoint ?? `https://sns.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}/`;
}

/** Projects and pipelines have names in any script. */
const subjectText = (subject: string): string =>
  subject
    .replace(/[^\x20-\x7e]+/g, '?')
    .trim()
    .slice(0, MAX_SUBJECT_LENGTH);

const codeIn = (text: string): string => /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? 'no reason';
