import { type ReactNode, useId, useState } from 'react';
import type { Json } from '../../../../src/model/json.ts';
import { isSecretName } from '../../format/secret-names.ts';
import { visibleLines } from '../../format/visible-lines.ts';
import { visibleText } from '../../format/visible-text.ts';
import { type Draft, draftOf, editorOf, newDraft } from '../../forms/drafts.ts';
import { asFields, asJson, type FieldState } from '../../forms/run-form.ts';
import { Button } from '../../ui/button.tsx';
import { DraftEditor } from './draft-editor.tsx';

/**
 * One parameter: its name, type and comment, its value, and how the value differs from the default
 * and from the earlier run.
 */
export function FieldRow(props: {
  readonly state: FieldState;
  /** As in `#412`; undefined without an earlier run. */
  readonly earlierName: string | undefined;
  /** Whether problems are shown that the reader may still be about to mend. */
  readonly showsProblem: boolean;
  /** The reason why the API refused the value. */
  readonly refusal: string | undefined;
  readonly onChange: (draft: Draft) => void;
}): ReactNode {
  const { state, earlierName, showsProblem, refusal, onChange } = props;
  const { field, draft, problem } = state;
  const { parameter, type } = field;
  const id = useId();
  const isSecret = isSecretName(parameter.name);
  const [isHidden, setHidden] = useState(isSecret && draft.kind !== 'absent');
  const shownProblem = showsProblem && problem !== undefined ? problemText(problem) : refusal;
  const noteId = `${id}-note`;
  const problemId = `${id}-problem`;
  const isSet = draft.kind !== 'absent';
  return (
    <div className="grid grid-cols-[minmax(9rem,14rem)_1fr] gap-x-4 gap-y-1 border-t border-line px-3 py-2 [legend+&]:border-t-0">
      <div className="min-w-0 py-1">
        <label htmlFor={id} className="break-words font-semibold">
          {visibleText(parameter.name)}
          {field.required && (
            <span className="text-failed" title="A value is required">
              {' '}
              *
            </span>
          )}
        </label>
        <p className="break-words font-mono text-xs text-muted">{visibleText(field.expected)}</p>
      </div>
      <div className="min-w-0">
        {parameter.description !== undefined && (
          <p className="break-words text-muted">{visibleLines(parameter.description)}</p>
        )}
        <div className="flex items-start gap-2">
          <div className="min-w-0 grow">
            {!isSet && !showsEmptyInput(state) ? (
              <Button
                id={id}
                kind="quiet"
                aria-describedby={noteId}
                onClick={() => onChange(firstDraft(state))}
              >
                {field.required ? 'set a value' : `${defaultText(state)} · set`}
              </Button>
            ) : isHidden ? (
              <Button id={id} kind="quiet" onClick={() => setHidden(false)}>
                •••••• · show
              </Button>
            ) : (
              <DraftEditor
                id={id}
                label={parameter.name}
                type={type}
                draft={draft}
                isInvalid={shownProblem !== undefined}
                describedBy={shownProblem === undefined ? noteId : `${problemId} ${noteId}`}
                onChange={onChange}
              />
            )}
          </div>
          {isSet && !isHidden && <JsonToggle state={state} onChange={onChange} />}
          {isSet && (state.differsFromDefault || problem !== undefined) && (
            <Button
              kind="quiet"
              aria-label={`Reset ${parameter.name}`}
              title={field.required ? 'Clear' : 'Use the default'}
              onClick={() => onChange(draftOf(field.defaultValue, type))}
            >
              ↺
            </Button>
          )}
        </div>
        {shownProblem !== undefined && (
          <p id={problemId} className="break-words text-failed">
            {visibleLines(shownProblem)}
          </p>
        )}
        <p id={noteId} className="break-words text-xs text-muted">
          {isSecret ? '' : visibleLines(noteText(state, earlierName))}
          {parameter.input === true &&
            ' The path of a file: a path on your machine is uploaded only by the command line.'}
        </p>
        {state.differsFromEarlier && field.earlier !== undefined && !isSecret && (
          <Button kind="quiet" onClick={() => onChange(draftOf(field.earlier, type))}>
            use the value of {earlierName}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Changes between the fields of the type and JSON text. */
function JsonToggle(props: {
  readonly state: FieldState;
  readonly onChange: (draft: Draft) => void;
}): ReactNode {
  const { field, draft } = props.state;
  const editor = editorOf(field.type);
  const hasParts = editor.kind === 'list' || editor.kind === 'object' || editor.kind === 'nullable';
  if (draft.kind === 'json') {
    const fields = editor.kind === 'json' ? undefined : asFields(draft, field.type);
    return (
      fields !== undefined && (
        <Button kind="quiet" onClick={() => props.onChange(fields)}>
          fields
        </Button>
      )
    );
  }
  return (
    hasParts && (
      <Button kind="quiet" onClick={() => props.onChange(asJson(draft, field.type))}>
        JSON
      </Button>
    )
  );
}

/** A required value is entered at once, where an empty input is no value. */
const showsEmptyInput = ({ field }: FieldState): boolean =>
  field.required && ['number', 'choice', 'boolean'].includes(editorOf(field.type).kind);

/** An unset field starts with its default, where that is known. */
const firstDraft = ({ field }: FieldState): Draft =>
  field.defaultValue === undefined ? newDraft(field.type) : draftOf(field.defaultValue, field.type);

const problemText = ({ path, detail }: { readonly path: string; readonly detail: string }) =>
  path === '' ? detail : `${path.replace(/^\./, '')}: ${detail}`;

const defaultText = ({ field }: FieldState): string =>
  field.parameter.defaultText === undefined
    ? 'not set'
    : `default ${clip(field.parameter.defaultText)}`;

function noteText({ field, draft }: FieldState, earlierName: string | undefined): string {
  const parts = [
    ...(draft.kind !== 'absent' && field.parameter.defaultText !== undefined
      ? [`default ${clip(field.parameter.defaultText)}`]
      : []),
    ...(earlierName === undefined
      ? []
      : [
          field.earlier === undefined
            ? `${earlierName} did not set it`
            : `${earlierName} had ${valueText(field.earlier)}`,
        ]),
  ];
  return parts.join(' · ');
}

const MAX_SHOWN = 120;

const clip = (text: string): string =>
  text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;

const valueText = (value: Json): string =>
  clip(typeof value === 'string' ? value : JSON.stringify(value));
