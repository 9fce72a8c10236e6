/**
 * `headrace notifications test` for a deployment: invokes its function of notifications with the
 * user's own AWS credentials. The API has no right to send messages, and callers of the API without
 * that permission send none.
 *
 * @module
 */
import { z } from 'zod';
import { createAwsRequests, type SendAwsRequest } from '../../client/aws-requests.ts';
import { CommandLineError, NotFoundError } from '../../launch/errors.ts';
import type { ExitCode } from '../../launch/exit-codes.ts';
import { connect } from '../../launch/remote/connection.ts';
import { NOTIFICATION_TYPES } from '../../model/notification-types.ts';
import { hint } from '../../view/hints.ts';
import type { Output } from '../../view/output.ts';
import { parseJson, readIdentity } from '../doctor/account.ts';
import { notificationsFunction } from '../doctor/mail-subscriptions.ts';
import { printTests } from '../notification-tests.ts';
import type { TestNotificationOptions } from '../option-types.ts';

/** Above the limit of the function. */
const INVOCATION_TIMEOUT_MS = 45_000;

const testsSchema = z.array(
  z.object({
    notification: z.int(),
    to: z.string(),
    sent: z.array(z.enum([...NOTIFICATION_TYPES, 'test'])),
    problem: z.string().nullable(),
  }),
);
const failureSchema = z.object({ errorMessage: z.string() });

export async function test(
  id: string | undefined,
  { samples = false, json = false, awsProfile, ...target }: TestNotificationOptions,
  output: Output,
): Promise<ExitCode> {
  const connection = connect(target, process.cwd());
  const { deployment } = await connection.client.service();
  if (deployment === undefined)
    throw new CommandLineError(
      `${connection.endpoint} is a \`headrace dev\`, which sends by the rules of its home: use \`${hint([], 'notifications', 'test', '--mode', 'local')}\` there`,
    );
  const { prefix, region, account } = deployment;
  const send = createAwsRequests({
    region,
    profile: awsProfile ?? connection.awsProfile,
    timeoutMs: INVOCATION_TIMEOUT_MS,
  });
  await requireAccount(send, account);
  const request = {
    test: true,
    samples,
    ...(id === undefined ? {} : { notification: positionOf(id) }),
  };
  const tests = await invoke(send, notificationsFunction(prefix), request);
  const exit = await printTests(tests, json, output);
  if (!json && tests.some(({ to, sent }) => to === 'mail' && sent.length > 0))
    output.note(
      `SNS sends mails to confirmed addresses only: \`${hint(connection.hintTarget ?? [], 'doctor')}\` names the others`,
    );
  return exit;
}

function positionOf(id: string): number {
  if (/^\d{1,3}$/.test(id)) return Number(id);
  throw new CommandLineError(
    `${JSON.stringify(id)} is no position: notifications of a deployment are counted from 0, in the order of its configuration`,
  );
}

/** Another account may have a deployment of the same name. */
async function requireAccount(send: SendAwsRequest, account: string): Promise<void> {
  const identity = await readIdentity(send);
  if (!identity.known)
    throw new CommandLineError(`the test needs AWS credentials: ${identity.reason}`);
  if (identity.value.account !== account)
    throw new CommandLineError(
      `the credentials belong to account ${identity.value.account}, the deployment to ${account}: choose others with --aws-profile`,
    );
}

async function invoke(
  send: SendAwsRequest,
  name: string,
  request: object,
): Promise<z.infer<typeof testsSchema>> {
  const response = await send({
    service: 'lambda',
    path: `/2015-03-31/functions/${name}/invocations`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  if (response.kind === 'failed' && response.code === 'ResourceNotFoundException')
    throw new NotFoundError(
      'the deployment has no notifications: add them to its configuration (docs/notifications.md)',
    );
  if (response.kind === 'denied')
    throw new CommandLineError(`you may not invoke ${name}: grant lambda:InvokeFunction`);
  if (response.kind !== 'answer')
    throw new CommandLineError(`${name} could not be invoked: ${response.reason}`);
  const document = parseJson(response.text);
  const tests = testsSchema.safeParse(document);
  if (tests.success) return tests.data;
  const failure = failureSchema.safeParse(document).data?.errorMessage;
  throw new CommandLineError(`${name} failed: ${failure ?? 'its answer has an unknown form'}`);
}
