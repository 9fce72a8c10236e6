import { type ReactNode, useState } from 'react';
import { isSecretName } from '../format/secret-names.ts';
import { Lines } from './lines.tsx';

/** A value; one whose name is that of a secret is masked until the user shows it. */
export function MaskedValue(props: { readonly name: string; readonly text: string }): ReactNode {
  const { name, text } = props;
  const [isShown, setShown] = useState(!isSecretName(name));
  return isShown ? (
    <Lines text={text} className="block max-h-60 overflow-auto font-mono text-sm" />
  ) : (
    <button
      type="button"
      className="font-mono text-sm underline"
      aria-label={`Show the value of ${name}`}
      onClick={() => setShown(true)}
    >
      ••••••••
    </button>
  );
}
