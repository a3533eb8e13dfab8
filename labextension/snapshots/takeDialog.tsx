/**
 * The dialog before a snapshot: its message, and of which volumes.
 */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import { useState } from 'react';

import type { Volume } from '../rest/values';
import { formatBytes } from '../ui/format';

/** What the user wants. No volumes means all that can be snapshotted. */
export interface ITakeChoice {
  readonly message: string;
  readonly volumes: readonly string[];
}

/** Ask for message and volumes; undefined where the user cancels. */
export async function askBeforeTake(
  volumes: readonly Volume[],
  choice: ITakeChoice,
  trans: TranslationBundle
): Promise<ITakeChoice | undefined> {
  const body = new TakeForm(volumes, choice, trans);
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
    private readonly _volumes: readonly Volume[],
    private _choice: ITakeChoice,
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
        volumes={this._volumes}
        choice={this._choice}
        onChange={choice => (this._choice = choice)}
        trans={this._trans}
      />
    );
  }
}

function TakeFields(props: {
  volumes: readonly Volume[];
  choice: ITakeChoice;
  onChange: (choice: ITakeChoice) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { volumes, trans } = props;
  const able = volumes.filter(volume => volume.capabilities.snapshot.available).map(volume => volume.name);
  const [message, setMessage] = useState(props.choice.message);
  const [chosen, setChosen] = useState<readonly string[]>(
    props.choice.volumes.length > 0 ? props.choice.volumes : able
  );
  // None named means all, whatever volumes there will be when the snapshot is taken.
  props.onChange({ message, volumes: chosen.length === able.length ? [] : chosen });
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
        <VolumeChoice volumes={volumes} chosen={chosen} onChange={setChosen} trans={trans} />
      )}
      <p className="jp-RokForm-hint">{trans.__('Open documents are saved first.')}</p>
    </>
  );
}

function VolumeChoice(props: {
  volumes: readonly Volume[];
  chosen: readonly string[];
  onChange: (chosen: readonly string[]) => void;
  trans: TranslationBundle;
}): JSX.Element {
  const { volumes, chosen, onChange, trans } = props;
  const toggle = (name: string): void => {
    const next = chosen.includes(name) ? chosen.filter(each => each !== name) : [...chosen, name];
    // A snapshot of nothing is none: the last one stays.
    if (next.length > 0) {
      onChange(next);
    }
  };
  return (
    <fieldset className="jp-RokForm-volumes">
      <legend>{trans.__('Volumes')}</legend>
      {volumes.map(volume => {
        const { available, reason } = volume.capabilities.snapshot;
        return (
          <label key={volume.name} className="jp-RokForm-choice" title={volume.path}>
            <input
              type="checkbox"
              checked={available && chosen.includes(volume.name)}
              disabled={!available}
              onChange={() => toggle(volume.name)}
            />
            <span>
              {volume.name}
              <small>
                {available
                  ? [volume.path, volume.used && formatBytes(volume.used)].filter(Boolean).join(', ')
                  : reason}
              </small>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
