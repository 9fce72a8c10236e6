import { useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import type { Draft } from '../../forms/drafts.ts';
import {
  argumentTexts,
  type Drafts,
  type FormSource,
  type FormState,
  formState,
  initialDrafts,
} from '../../forms/run-form.ts';
import { argumentParams, argumentsOf, type NewRunSearch } from './search.ts';

/** The address follows the fields after this pause, so that it does not change with each key. */
const ADDRESS_DELAY_MS = 300;

export interface RunForm {
  readonly state: FormState;
  readonly set: (parameter: string, draft: Draft) => void;
  /** Sets all fields anew: to the values of `texts`, or to those of the earlier run without. */
  readonly reset: (source: FormSource) => void;
}

/** The fields of the form. They start from the address, and the address follows them. */
export function useRunForm(source: FormSource, search: NewRunSearch): RunForm {
  const navigate = useNavigate({ from: '/new' });
  const [drafts, setDrafts] = useState<Drafts>(() => initialDrafts(source, argumentsOf(search)));
  const [isEdited, setEdited] = useState(false);
  const state = useMemo(() => formState(source, drafts), [source, drafts]);
  useEffect(() => {
    if (!isEdited) return;
    const timer = setTimeout(() => {
      const params = argumentParams(argumentTexts(source, drafts));
      void navigate({
        from: '/new',
        to: '/new',
        replace: true,
        search: (before) => ({ ...withoutArguments(before), ...params }),
      });
    }, ADDRESS_DELAY_MS);
    return () => clearTimeout(timer);
  }, [source, drafts, isEdited, navigate]);
  return {
    state,
    set: (parameter, draft) => {
      setEdited(true);
      setDrafts((before) => ({ ...before, [parameter]: draft }));
    },
    reset: (from) => {
      setEdited(true);
      setDrafts(initialDrafts(from, {}));
    },
  };
}

const withoutArguments = (search: NewRunSearch): NewRunSearch =>
  Object.fromEntries(Object.entries(search).filter(([name]) => !name.startsWith('a.')));
