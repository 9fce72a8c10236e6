/**
 * The part of EventBridge Scheduler that timers use: one-time schedules that send a message to a
 * queue, on the host's clock.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Clock } from '../../../testing/clock/skippable-clock.ts';
import { bodyOf, listen } from '../../../testing/http-server.ts';
import type { Sqs } from '../../../testing/sqs/service.ts';

const scheduleSchema = z.looseObject({
  GroupName: z.string(),
  ScheduleExpression: z.string().regex(/^at\([\d:T-]+\)$/u),
  ActionAfterCompletion: z.literal('DELETE'),
  Target: z.looseObject({ Arn: z.string(), Input: z.string() }),
});

export interface Schedules {
  /** `AWS_ENDPOINT_URL_SCHEDULER` */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startSchedules(clock: Clock, sqs: Sqs): Promise<Schedules> {
  const names = new Set<string>();

  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = (await bodyOf(incoming)).toString();
    const send = (status: number, answer: object, type = '') => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'x-amzn-requestid': randomUUID(),
        ...(type !== '' && { 'x-amzn-errortype': type }),
      });
      response.end(JSON.stringify(answer));
    };
    const [, name] = /^\/schedules\/([^/?]+)$/u.exec(incoming.url ?? '') ?? [];
    const read = scheduleSchema.safeParse(JSON.parse(text === '' ? '{}' : text));
    if (incoming.method !== 'POST' || name === undefined || !read.success)
      return send(400, { Message: 'only one-time schedules are supported' }, 'ValidationException');
    const { GroupName, ScheduleExpression, Target } = read.data;
    const key = `${GroupName}/${name}`;
    if (names.has(key))
      return send(409, { Message: `Schedule ${name} already exists.` }, 'ConflictException');
    names.add(key);
    clock.at(Date.parse(`${ScheduleExpression.slice(3, -1)}Z`), () => {
      names.delete(key);
      sqs.queue(Target.Arn)?.send({ body: Target.Input });
    });
    send(200, { ScheduleArn: `arn:aws:scheduler:us-east-1:000000000000:schedule/${key}` });
  }

  const server = await listen((incoming, response) => void serve(incoming, response));
  return { url: `http://${server.address}`, stop: () => server.close() };
}
