import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import { meQuery } from '../../api/me.ts';
import { formatIso, formatTime, isTimeZone } from '../../format/times.ts';
import { useNow } from '../../ui/clock.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Name } from '../../ui/name.tsx';
import { changeSettings, DENSITIES, THEMES, useSettings } from '../../ui/settings.ts';

/** Preferences of this browser, and the connection. */
export function Screen(): ReactNode {
  const { theme, density, singleKeys } = useSettings();
  return (
    <div className="max-w-160 overflow-auto p-4">
      <title>Settings · Headrace</title>
      <h1 className="mb-4 text-lg font-semibold">Settings</h1>
      <p className="mb-4 text-muted">They are stored in this browser.</p>
      <Choice
        legend="Theme"
        values={THEMES}
        value={theme}
        onChange={(value) => changeSettings({ theme: value })}
      />
      <Choice
        legend="Rows"
        values={DENSITIES}
        value={density}
        onChange={(value) => changeSettings({ density: value })}
      />
      <TimeZoneSetting />
      <label className="mt-4 flex items-start gap-2">
        <input
          type="checkbox"
          className="mt-1"
          checked={singleKeys}
          onChange={({ target }) => changeSettings({ singleKeys: target.checked })}
        />
        <span>
          Single keys have functions
          <span className="block text-muted">
            Switch this off for speech input. Combinations with Ctrl or Cmd and the arrow keys stay.
          </span>
        </span>
      </label>
      <Connection />
    </div>
  );
}

function Choice<T extends string>(props: {
  readonly legend: string;
  readonly values: readonly T[];
  readonly value: T;
  readonly onChange: (value: T) => void;
}): ReactNode {
  const { legend, values, value, onChange } = props;
  const name = useId();
  return (
    <fieldset className="mt-4">
      <legend className="mb-1 font-medium">{legend}</legend>
      <div className="flex gap-4">
        {values.map((each) => (
          <label key={each} className="flex items-center gap-1.5">
            <input
              type="radio"
              name={name}
              checked={each === value}
              onChange={() => onChange(each)}
            />
            {each}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function TimeZoneSetting(): ReactNode {
  const { timeZone } = useSettings();
  const now = useNow(1_000);
  const [text, setText] = useState(timeZone === 'local' || timeZone === 'utc' ? '' : timeZone);
  const id = useId();
  const kind = timeZone === 'local' || timeZone === 'utc' ? timeZone : 'zone';
  const isKnown = isTimeZone(text);
  return (
    <>
      <Choice
        legend="Time zone"
        values={['local', 'utc', 'zone']}
        value={kind}
        onChange={(value) => {
          if (value !== 'zone') changeSettings({ timeZone: value });
          else changeSettings({ timeZone: text !== '' && isKnown ? text : 'Europe/London' });
        }}
      />
      <label htmlFor={id} className="mt-2 block">
        <span className="sr-only">Name of the zone</span>
        <input
          id={id}
          className="field w-60"
          list={`${id}-zones`}
          placeholder="Europe/Berlin"
          value={text}
          aria-invalid={text !== '' && !isKnown}
          onChange={({ target }) => {
            setText(target.value);
            if (target.value !== '' && isTimeZone(target.value))
              changeSettings({ timeZone: target.value });
          }}
        />
      </label>
      <datalist id={`${id}-zones`}>
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
      {text !== '' && !isKnown && (
        <p role="alert" className="mt-1 text-failed">
          This browser knows no zone of this name.
        </p>
      )}
      <p className="mt-1 text-muted">
        Now: {formatTime(now, timeZone, now)} ({formatIso(now).slice(0, 16)}Z)
      </p>
    </>
  );
}

function Connection(): ReactNode {
  const { data: me, error, refetch } = useQuery(meQuery());
  return (
    <section className="mt-6 border-t border-line pt-4">
      <h2 className="mb-2 font-semibold">Connection</h2>
      {error !== null && <ErrorPanel error={error} onRetry={() => refetch()} />}
      {me === null && <p>The API does not report its version: it is older than this console.</p>}
      {me !== undefined && me !== null && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
          <dt className="text-muted">API</dt>
          <dd>{location.origin}</dd>
          <dt className="text-muted">Version</dt>
          <dd>{me.version}</dd>
          <dt className="text-muted">You are</dt>
          <dd className="min-w-0">
            <Name text={me.principal} wrap />
          </dd>
          <dt className="text-muted">Offers</dt>
          <dd>{me.features.join(', ') || 'the basic routes'}</dd>
        </dl>
      )}
    </section>
  );
}
