/**
 * The form that attaches a data volume, or any directory of the server, at a path of the workspace.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import type { RokError } from '../rest/error';
import { encodeName } from '../rest/names';
import type { Volume } from '../rest/values';
import { CheckField, Field, type IForm } from '../ui/formDialog';

/** What was filled in. */
export interface IAttachDraft {
  /** A known volume's name; "" for a directory that isn't a volume yet. */
  readonly known: string;
  /** The new volume's name and directory, where `known` is "". */
  readonly name: string;
  readonly directory: string;
  /** Where in the workspace; "" while it follows the name. */
  readonly at: string;
  readonly readOnly: boolean;
}

/** Where the volume will be seen, with what follows from the name filled in. */
export function attachPoint(draft: IAttachDraft): string {
  return draft.at.trim() || draft.known || draft.name.trim();
}

/** Why a draft can't be taken, as a sentence; undefined where it can. */
export function attachProblem(
  draft: IAttachDraft,
  names: readonly string[],
  trans: TranslationBundle
): string | undefined {
  if (draft.known === '') {
    if (!draft.directory.trim().startsWith('/')) {
      return trans.__('Name the directory by its whole path on the server, such as /data/images.');
    }
    if (draft.name.trim() === '') {
      return trans.__('Give the new volume a name.');
    }
    if (names.includes(draft.name.trim())) {
      return trans.__('There is a volume %1 already: choose another name.', draft.name.trim());
    }
  }
  const at = attachPoint(draft);
  if (at.startsWith('/') || at.split('/').includes('..')) {
    return trans.__('The place is a path inside the workspace, such as data/images.');
  }
  return undefined;
}

/** The request that a draft stands for. */
export function attachRequest(draft: IAttachDraft): {
  volume: string;
  body: { at: string; read_only: boolean; directory?: string };
} {
  const body = { at: encodeName(attachPoint(draft)), read_only: draft.readOnly };
  return draft.known === ''
    ? { volume: draft.name.trim(), body: { ...body, directory: encodeName(draft.directory.trim()) } }
    : { volume: draft.known, body };
}

/** The form; `volumes` are all that are known. */
export function attachForm(
  volumes: readonly Volume[],
  initial: IAttachDraft,
  trans: TranslationBundle,
  error?: RokError
): IForm<IAttachDraft> {
  const choices = volumes.filter(volume => volume.capabilities.attach.available);
  const names = volumes.map(volume => volume.name);
  return {
    title: trans.__('Attach a volume'),
    accept: trans.__('Attach'),
    initial,
    error,
    problem: draft => attachProblem(draft, names, trans),
    draw: (draft, change) => <AttachFields draft={draft} change={change} choices={choices} trans={trans} />
  };
}

function AttachFields(props: {
  draft: IAttachDraft;
  change: (fields: Partial<IAttachDraft>) => void;
  choices: readonly Volume[];
  trans: TranslationBundle;
}): JSX.Element {
  const { draft, change, choices, trans } = props;
  return (
    <>
      <Field id="rok-attach-known" label={trans.__('Volume')}>
        <select
          id="rok-attach-known"
          value={draft.known}
          onChange={event => change({ known: event.currentTarget.value })}
        >
          {choices.map(volume => (
            <option key={volume.name} value={volume.name}>
              {volume.name}
            </option>
          ))}
          <option value="">{trans.__('A directory that is no volume yet')}</option>
        </select>
      </Field>
      {draft.known === '' && (
        <>
          <TextField
            id="rok-attach-directory"
            label={trans.__('Directory on the server')}
            value={draft.directory}
            placeholder="/data/images"
            hint={trans.__(
              'Outside of the workspace, the setting restore_directories of the server must name it.'
            )}
            onChange={directory => change({ directory })}
          />
          <TextField
            id="rok-attach-name"
            label={trans.__('Name of the new volume')}
            value={draft.name}
            onChange={name => change({ name })}
          />
        </>
      )}
      <TextField
        id="rok-attach-at"
        label={trans.__('Place in the workspace')}
        value={draft.at}
        placeholder={attachPoint(draft)}
        hint={trans.__('A link is made there. Detaching removes the link, never the data.')}
        onChange={at => change({ at })}
      />
      <CheckField
        label={trans.__('Read-only')}
        hint={trans.__('A restore never writes into it.')}
        checked={draft.readOnly}
        onChange={readOnly => change({ readOnly })}
      />
    </>
  );
}

function TextField(props: {
  id: string;
  label: string;
  value: string;
  placeholder?: string;
  hint?: string;
  onChange: (value: string) => void;
}): JSX.Element {
  return (
    <Field id={props.id} label={props.label} hint={props.hint}>
      <input
        id={props.id}
        type="text"
        value={props.value}
        placeholder={props.placeholder}
        aria-describedby={props.hint ? `${props.id}-hint` : undefined}
        onChange={event => props.onChange(event.currentTarget.value)}
      />
    </Field>
  );
}
