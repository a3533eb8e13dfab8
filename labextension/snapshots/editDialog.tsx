/**
 * The dialog that changes what may change of a snapshot: message, tags and pin.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, ReactWidget } from '@jupyterlab/ui-components';
import { useState } from 'react';

import type { RokError } from '../rest/error';
import type { EditBody, Snapshot } from '../rest/values';
import { Button } from '../ui/button';
import { formatDateTime } from '../ui/format';
import { ErrorNotice } from '../ui/notice';

interface IDraft {
  readonly message: string;
  readonly tags: readonly string[];
  /** A tag that is being typed. */
  readonly typed: string;
  readonly pinned: boolean;
}

/**
 * Let the user edit a snapshot until `save` has taken it or the user gives up; an error of `save` is shown in the dialog.
 */
export async function editSnapshot(
  snapshot: Snapshot,
  save: (body: EditBody) => Promise<RokError | undefined>,
  trans: TranslationBundle
): Promise<void> {
  let draft: IDraft = { message: snapshot.message, tags: snapshot.tags, typed: '', pinned: snapshot.pinned };
  let error: RokError | undefined;
  do {
    const body = new EditForm(draft, error, trans);
    const result = await showDialog({
      title: trans.__('Snapshot of %1', formatDateTime(snapshot.created)),
      body,
      focusNodeSelector: 'input[type="text"]',
      buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Save') })]
    });
    if (!result.button.accept) {
      return;
    }
    draft = body.getValue();
    error = await save(changesOf(snapshot, draft));
  } while (error);
}

/** What of a draft differs from the snapshot. */
export function changesOf(snapshot: Snapshot, draft: IDraft): EditBody {
  const tags = withTyped(draft).tags;
  return {
    message: draft.message === snapshot.message ? null : draft.message,
    add_tags: tags.filter(tag => !snapshot.tags.includes(tag)),
    remove_tags: snapshot.tags.filter(tag => !tags.includes(tag)),
    pinned: draft.pinned === snapshot.pinned ? null : draft.pinned
  };
}

function withTyped(draft: IDraft): IDraft {
  const typed = draft.typed
    .split(',')
    .map(tag => tag.trim())
    .filter(tag => tag);
  return { ...draft, typed: '', tags: [...new Set([...draft.tags, ...typed])] };
}

class EditForm extends ReactWidget implements Dialog.IBodyWidget<IDraft> {
  constructor(
    private _draft: IDraft,
    private readonly _error: RokError | undefined,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-RokForm');
  }

  getValue(): IDraft {
    return this._draft;
  }

  protected render(): JSX.Element {
    return (
      <EditFields
        draft={this._draft}
        error={this._error}
        onChange={draft => (this._draft = draft)}
        trans={this._trans}
      />
    );
  }
}

function EditFields(props: {
  draft: IDraft;
  error: RokError | undefined;
  onChange: (draft: IDraft) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { error, trans } = props;
  const [draft, setDraft] = useState(props.draft);
  const change = (part: Partial<IDraft>): void => {
    const next = { ...draft, ...part };
    setDraft(next);
    props.onChange(next);
  };
  return (
    <>
      {error && <ErrorNotice error={error} trans={trans} />}
      <label className="jp-RokForm-field">
        {trans.__('Message')}
        <input
          type="text"
          className="jp-mod-styled"
          value={draft.message}
          onChange={event => change({ message: event.target.value })}
        />
      </label>
      <TagField draft={draft} onChange={change} trans={trans} />
      <label className="jp-RokForm-choice">
        <input
          type="checkbox"
          checked={draft.pinned}
          onChange={event => change({ pinned: event.target.checked })}
        />
        {trans.__('Pin it: keep it for ever')}
      </label>
    </>
  );
}

function TagField(props: {
  draft: IDraft;
  onChange: (part: Partial<IDraft>) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { draft, onChange, trans } = props;
  return (
    <div className="jp-RokForm-field">
      <label>
        {trans.__('Tags')}
        <input
          type="text"
          className="jp-mod-styled"
          value={draft.typed}
          placeholder={trans.__('Type a tag, then a comma')}
          onChange={event => {
            const typed = event.target.value;
            onChange(typed.includes(',') ? withTyped({ ...draft, typed }) : { typed });
          }}
        />
      </label>
      <div className="jp-RokChips">
        {draft.tags.map(tag => (
          <span key={tag} className="jp-RokChip">
            {tag}
            <Button
              kind="icon"
              icon={closeIcon}
              label={trans.__('Remove the tag %1', tag)}
              onClick={() => onChange({ tags: draft.tags.filter(each => each !== tag) })}
            />
          </span>
        ))}
      </div>
    </div>
  );
}
