/**
 * The dialog before a snapshot: its message, and of which volumes.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { useState } from 'react';

import type { RokApi } from '../rest/api';
import type { Status } from '../rest/values';
import { DiskChoice } from './diskChoice';
import { VolumeChoice } from './volumeChoice';

/** What the user wants. No volumes means all that can be snapshotted. */
export interface ITakeChoice {
  readonly message: string;
  readonly volumes: readonly string[];
  /** Paths of other disks in the workspace that are taken in first. */
  readonly disks?: readonly string[];
}

/** What a snapshot can be of. */
export type Takeable = Pick<Status, 'volumes' | 'mounts' | 'workspace'>;

/** Ask for message and volumes; undefined where the user cancels. */
export async function askBeforeTake(
  takeable: Takeable,
  choice: ITakeChoice,
  api: RokApi,
  trans: TranslationBundle
): Promise<ITakeChoice | undefined> {
  const body = new TakeForm(takeable, choice, api, trans);
  const result = await showDialog({
    title: trans.__('Take a snapshot'),
    body,
    focusNodeSelector: 'input[type="text"]',
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Take Snapshot') })]
  });
  return result.button.accept ? body.getValue() : undefined;
}

class TakeForm extends ReactWidget implements Dialog.IBodyWidget<ITakeChoice> {
  constructor(
    private readonly _takeable: Takeable,
    private _choice: ITakeChoice,
    private readonly _api: RokApi,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-RokForm');
  }

  getValue(): ITakeChoice {
    return this._choice;
  }

  protected render(): JSX.Element {
    return (
      <TakeFields
        takeable={this._takeable}
        choice={this._choice}
        api={this._api}
        onChange={choice => (this._choice = choice)}
        trans={this._trans}
      />
    );
  }
}

function TakeFields(props: {
  takeable: Takeable;
  choice: ITakeChoice;
  api: RokApi;
  onChange: (choice: ITakeChoice) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { takeable, api, trans } = props;
  const { volumes } = takeable;
  const able = volumes.filter(volume => volume.capabilities.snapshot.available).map(volume => volume.name);
  const [message, setMessage] = useState(props.choice.message);
  const [chosen, setChosen] = useState<readonly string[]>(
    props.choice.volumes.length > 0 ? props.choice.volumes : able
  );
  const [disks, setDisks] = useState<readonly string[]>([]);
  // None named means all, whatever volumes there will be when the snapshot is taken.
  props.onChange({ message, volumes: chosen.length === able.length ? [] : chosen, disks });
  return (
    <>
      <label className="jp-RokForm-field">
        {trans.__('Message (optional)')}
        <input
          type="text"
          className="jp-mod-styled"
          value={message}
          placeholder={trans.__('What is worth coming back to?')}
          onChange={event => setMessage(event.target.value)}
        />
      </label>
      {volumes.length > 1 && (
        <VolumeChoice volumes={volumes} chosen={chosen} api={api} onChange={setChosen} trans={trans} />
      )}
      <DiskChoice status={takeable} chosen={disks} onChange={setDisks} trans={trans} />
      <p className="jp-RokForm-hint">{trans.__('Open documents are saved first.')}</p>
    </>
  );
}
