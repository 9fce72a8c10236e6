import { type ReactNode, useEffect } from 'react';
import { SESSION_KEY, signInAgain, signInProblem, startSession } from '../api/session.ts';
import { Button } from '../ui/button.tsx';
import { signInCommand } from './sign-in.ts';

/** Replaces every screen when the server does not accept the page's token. */
export function SessionEnded(): ReactNode {
  const problem = signInProblem();
  const again = signInAgain();
  const command = signInCommand();
  useEffect(() => {
    // A new link was opened in another tab.
    const onStorage = ({ key, newValue }: StorageEvent) => {
      if (key === SESSION_KEY && newValue !== null) startSession(newValue);
    };
    addEventListener('storage', onStorage);
    return () => removeEventListener('storage', onStorage);
  }, []);
  return (
    <main className="mx-auto max-w-150 p-6">
      <title>Session ended · Headrace</title>
      <h1 className="text-lg font-semibold">This session has ended</h1>
      {problem !== undefined && <p className="mt-2">{problem}</p>}
      {again !== undefined && (
        <p className="mt-2">
          <Button onClick={() => void again().catch(() => location.reload())}>Sign in again</Button>
        </p>
      )}
      {command !== undefined && (
        <p className="mt-2">
          A session lasts as long as the server that started it. <code>{command}</code> prints an
          address that signs this browser in.
        </p>
      )}
    </main>
  );
}
