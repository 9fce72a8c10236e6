import type { ReactNode } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { type Command, currentCommands, keyLabel } from '../ui/keyboard.ts';
import { useSettings } from '../ui/settings.ts';

/** The keys of the page, by screen. */
export function HelpDialog(props: { readonly onClose: () => void }): ReactNode {
  const { singleKeys } = useSettings();
  const groups = new Map<string, Command[]>();
  for (const command of currentCommands())
    if (command.keys !== undefined)
      groups.set(command.group, [...(groups.get(command.group) ?? []), command]);
  return (
    <Dialog title="Keyboard" onClose={props.onClose} className="w-160">
      {!singleKeys && (
        <p className="mb-3 text-muted">
          Keys without Ctrl or Cmd are switched off in the settings.
        </p>
      )}
      <div className="grid gap-6 sm:grid-cols-2">
        {[...groups].map(([group, commands]) => (
          <section key={group}>
            <h3 className="mb-1 font-semibold">{group}</h3>
            <dl className="space-y-1">
              {commands.map(({ label, keys = [] }) => (
                <div key={label} className="flex items-baseline justify-between gap-4">
                  <dt>{label}</dt>
                  <dd className="flex shrink-0 gap-1">
                    {keys.map((key) => (
                      <kbd
                        key={key}
                        className="rounded-sm border border-line bg-raised px-1 font-mono text-xs"
                      >
                        {keyLabel(key)}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
