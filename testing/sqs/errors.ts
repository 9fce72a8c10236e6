/**
 * Why SQS refuses a request.
 *
 * @module
 */

/** By the shape that the SDK knows; the code of the query protocol goes along in a header. */
const QUERY_CODES = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  ReceiptHandleIsInvalid: 'ReceiptHandleIsInvalid',
  InvalidParameterValue: 'InvalidParameterValue',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
} as const;

export class SqsError extends Error {
  readonly queryCode: string;

  constructor(
    readonly type: keyof typeof QUERY_CODES,
    message: string,
  ) {
    super(message);
    this.queryCode = QUERY_CODES[type];
  }
}
