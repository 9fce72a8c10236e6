/**
 * What Batch answers instead of a result: the SDK makes an exception of the type's name from it.
 *
 * @module
 */
export type RefusalType =
  | 'ClientException'
  | 'ServerException'
  | 'TooManyRequestsException'
  | 'AccessDeniedException';

const STATUS: Readonly<Record<RefusalType, number>> = {
  ClientException: 400,
  ServerException: 500,
  TooManyRequestsException: 429,
  AccessDeniedException: 403,
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
