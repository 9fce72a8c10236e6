/**
 * The errors of Batch: the SDK turns an answer with a type into an exception of that name.
 *
 * @module
 */
export type RefusalType =
  | 'ClientException'
  | 'ServerException'
  | 'TooManyRequestsException'
  | 'AccessDeniedException'
  | 'ExpiredTokenException'
  | 'UnrecognizedClientException';

const STATUS: Readonly<Record<RefusalType, number>> = {
  ClientException: 400,
  ServerException: 500,
  TooManyRequestsException: 429,
  AccessDeniedException: 403,
  ExpiredTokenException: 403,
  UnrecognizedClientException: 403,
};

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly type: RefusalType;

  constructor(message: string, type: RefusalType = 'ClientException') {
    super(message);
    this.type = type;
  }

  get httpStatus(): number {
    return STATUS[this.type];
  }
}
