/**
 * The SQS queues of a deployment, in one table. The stack creates every queue of the table and puts
 * its settings into the environment of the functions; test deployments create the same queues.
 *
 * To add a queue: add an entry here, grant the permissions in the construct of each function that
 * uses it (`lib/`), and list these permissions in `test/cdk/roles.test.ts`.
 *
 * @module
 */

/**
 * Time limits of the functions that consume a queue. A turn of the controller stops well before.
 */
export const CONSUMER_TIMEOUT_SECONDS = { controller: 60, router: 30, schedules: 60 } as const;

export type QueueAttribute = 'url' | 'arn';

interface QueueDefinition {
  readonly name: string;
  /** The id of its construct in the stack: CloudFormation replaces a queue whose id changes. */
  readonly constructId: string;
  readonly fifo: boolean;
  /** The function whose event source reads the queue. */
  readonly consumer: keyof typeof CONSUMER_TIMEOUT_SECONDS | null;
  /** The name of an earlier entry; null: this queue is a dead-letter queue itself. */
  readonly deadLetterQueue: string | null;
  /** Receives after which SQS moves a message to the dead-letter queue; null: there is none. */
  readonly maxReceives: number | null;
  /** The settings by which functions find the queue, and the attribute that each of them holds. */
  readonly settings: Readonly<Record<string, QueueAttribute>>;
}

export const MESSAGE_QUEUES = [
  /** Transitions that the controller could not handle. */
  {
    name: 'deadLetters',
    constructId: 'DeadLetters',
    fifo: true,
    consumer: null,
    deadLetterQueue: null,
    maxReceives: null,
    settings: {},
  },
  /**
   * Delayed messages, schedules, events and asynchronous invocations that could not be delivered.
   */
  {
    name: 'undelivered',
    constructId: 'Undelivered',
    fifo: false,
    consumer: null,
    deadLetterQueue: null,
    maxReceives: null,
    settings: {},
  },
  /**
   * Transitions of runs: the message group is the run. While the controller is throttled or does not
   * start, a message is received once in six minutes: it waits for three hours. A message that always
   * fails reaches the dead letters sooner (`messages/redelivery.ts`).
   */
  {
    name: 'transitions',
    constructId: 'Queue',
    fifo: true,
    consumer: 'controller',
    deadLetterQueue: 'deadLetters',
    maxReceives: 30,
    settings: { transitionsUrl: 'url', transitionsArn: 'arn' },
  },
  /**
   * Timers of up to 15 minutes, the last minute of longer ones, and deferred transitions. A message
   * that the router cannot handle is received again for three hours.
   */
  {
    name: 'delays',
    constructId: 'Delays',
    fifo: false,
    consumer: 'router',
    deadLetterQueue: 'undelivered',
    maxReceives: 60,
    settings: { delaysUrl: 'url' },
  },
  /**
   * Events of Batch about jobs, from EventBridge. A message that the router cannot handle is received
   * again for three hours.
   */
  {
    name: 'jobEvents',
    constructId: 'JobEvents',
    fifo: false,
    consumer: 'router',
    deadLetterQueue: 'undelivered',
    maxReceives: 60,
    settings: {},
  },
  /**
   * Occurrences that may fire schedules, from EventBridge. A message that cannot be handled is
   * received again for an hour.
   */
  {
    name: 'firings',
    constructId: 'Firings',
    fifo: false,
    consumer: 'schedules',
    deadLetterQueue: 'undelivered',
    maxReceives: 10,
    settings: { firingsArn: 'arn' },
  },
] as const satisfies readonly QueueDefinition[];

export type MessageQueue = (typeof MESSAGE_QUEUES)[number];

export type MessageQueueName = MessageQueue['name'];

type KeyOf<Settings> = Settings extends unknown ? keyof Settings : never;
/** The name of a setting that holds an attribute of a queue. */
export type QueueSetting = KeyOf<MessageQueue['settings']>;

/** One value for each queue, made in the order of the table. */
export function forEachQueue<Value>(
  toValue: (queue: MessageQueue) => Value,
): Readonly<Record<MessageQueueName, Value>>;
export function forEachQueue(toValue: (queue: MessageQueue) => unknown) {
  return Object.fromEntries(MESSAGE_QUEUES.map((queue) => [queue.name, toValue(queue)]));
}

/** One value for each setting of the queues. */
export function queueSettings<Value>(
  toValue: (queue: MessageQueueName, attribute: QueueAttribute) => Value,
): Readonly<Record<QueueSetting, Value>>;
export function queueSettings(
  toValue: (queue: MessageQueueName, attribute: QueueAttribute) => unknown,
) {
  return Object.fromEntries(
    MESSAGE_QUEUES.flatMap(({ name, settings }) =>
      settingsIn(settings).map(([setting, attribute]) => [setting, toValue(name, attribute)]),
    ),
  );
}

const settingsIn = (settings: QueueDefinition['settings']) => Object.entries(settings);

/**
 * How long a received message stays invisible: six times the time limit of its consumer, so that a
 * message is received again only after its last consumer has ended.
 */
export const visibilityTimeoutSeconds = ({ consumer }: MessageQueue): number | undefined =>
  consumer === null ? undefined : 6 * CONSUMER_TIMEOUT_SECONDS[consumer];
