import { expect, it } from 'vitest';
import { callerOfRequest } from '../../../src/aws/auth/request-caller.ts';

const SESSION = 'arn:aws:sts::123456789012:assumed-role/Data/mina@example.com';

it.each([
  [{ identity: { userArn: SESSION } }, SESSION, 'mina@example.com'],
  [{ identity: { userArn: 'arn:aws:iam::123456789012:user/team/jo' } }, undefined, 'jo'],
  [{ identity: { userArn: 'arn:aws:iam::123456789012:root' } }, undefined, 'root'],
  [
    { identity: { userArn: null }, authorizer: { principalId: 'a1b2', name: 'jo@example.com' } },
    'jo@example.com',
    'jo@example.com',
  ],
  [{ identity: {}, authorizer: { principalId: 'a1b2' } }, 'a1b2', 'a1b2'],
  [{ identity: { userArn: null }, authorizer: { name: '' } }, 'unknown', 'unknown'],
  [undefined, 'unknown', 'unknown'],
  [{ identity: { userArn: 7 } }, 'unknown', 'unknown'],
])(
  'the caller of a request with the context %j is %j, short %j',
  (requestContext, principal, name) => {
    const caller = callerOfRequest({ requestContext });
    expect(caller.name).toBe(name);
    if (principal !== undefined) expect(caller.principal).toBe(principal);
  },
);
