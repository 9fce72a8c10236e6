import { type ReactNode, useState } from 'react';
import type { RunDocument } from '../../../../../src/wire/runs.ts';
import type { RunFeed } from '../../../live/run-feed.ts';
import { Button } from '../../../ui/button.tsx';
import { useRefusal } from '../../../ui/refusal.ts';
import { RerunForm } from './rerun-form.tsx';

/** Opens the form of a rerun that starts with a step. */
export function RerunFromHere(props: {
  readonly run: RunDocument;
  readonly feed: RunFeed;
  readonly from: string;
}): ReactNode {
  const refusal = useRefusal();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button disabled={refusal !== undefined} title={refusal} onClick={() => setOpen(true)}>
        Rerun from here…
      </Button>
      {isOpen && <RerunForm {...props} onClose={() => setOpen(false)} />}
    </>
  );
}
