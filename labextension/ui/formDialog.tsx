/**
 * A question with several fields: a dialog that stays open while what is filled in can't be taken.
 */
import { Dialog, ReactWidget } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { type ReactElement, useReducer } from 'react';

import type { RokError } from '../rest/error';

/** What a form asks for. */
export interface IForm<T> {
  readonly title: string;
  /** The label of the button that takes it. */
  readonly accept: string;
  readonly initial: T;
  /** Why a draft can't be taken, as a sentence; undefined where it can. */
  problem(draft: T): string | undefined;
  /** Draw the fields; `change` takes the fields that are different now. */
  draw(draft: T, change: (fields: Partial<T>) => void): ReactElement;
  /** Why what was taken before could not be done. */
  readonly error?: RokError;
  readonly className?: string;
}

/** Ask, and return what was filled in; undefined where the user left. */
export async function askForm<T>(form: IForm<T>, trans: TranslationBundle): Promise<T | undefined> {
  const body = new FormBody(form);
  const dialog = new FormDialog(form, body, trans);
  if (form.className) {
    dialog.addClass(form.className);
  }
  const result = await dialog.launch();
  return result.button.accept ? (result.value ?? undefined) : undefined;
}

class FormDialog<T> extends Dialog<T> {
  constructor(
    form: IForm<T>,
    private readonly _form: FormBody<T>,
    trans: TranslationBundle
  ) {
    super({
      title: form.title,
      body: _form,
      buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.okButton({ label: form.accept })],
      focusNodeSelector: 'input, select, textarea'
    });
    this.addClass('jp-RokFormDialog');
  }

  override resolve(index = 1): void {
    if (index !== 1 || this._form.isAcceptable()) {
      super.resolve(index);
    }
  }
}

class FormBody<T> extends ReactWidget {
  constructor(private readonly _form: IForm<T>) {
    super();
    this._draft = _form.initial;
    this.addClass('jp-RokForm');
  }

  getValue(): T {
    return this._draft;
  }

  /** Whether the draft can be taken; says why where it can't. */
  isAcceptable(): boolean {
    this._isTried = true;
    this.update();
    return this._form.problem(this._draft) === undefined;
  }

  protected render(): ReactElement {
    return <FormFields form={this._form} draft={this._draft} isTried={this._isTried} onDraft={this._take} />;
  }

  private readonly _take = (draft: T): void => {
    this._draft = draft;
  };

  private _draft: T;
  private _isTried = false;
}

/** The fields, with what is wrong below them. A problem is said once the user tried to accept, and from then on at once. */
function FormFields<T>(props: {
  form: IForm<T>;
  draft: T;
  isTried: boolean;
  onDraft: (draft: T) => void;
}): JSX.Element {
  const { form, isTried } = props;
  const [draft, change] = useReducer((before: T, fields: Partial<T>) => {
    const after = { ...before, ...fields };
    props.onDraft(after);
    return after;
  }, props.draft);
  const problem = isTried ? form.problem(draft) : undefined;
  return (
    <>
      {form.error && (
        <div className="jp-RokForm-problem" role="alert">
          <p>{form.error.message}</p>
          {form.error.hint && <p>{form.error.hint}</p>}
        </div>
      )}
      {form.draw(draft, change)}
      <div className="jp-RokForm-problem" role="alert">
        {problem && <p>{problem}</p>}
      </div>
    </>
  );
}

/** A labelled field: the label above, what it means below. */
export function Field(props: {
  id: string;
  label: string;
  hint?: string;
  children: ReactElement;
}): JSX.Element {
  return (
    <div className="jp-RokField">
      <label htmlFor={props.id}>{props.label}</label>
      {props.children}
      {props.hint && (
        <div className="jp-RokField-hint" id={`${props.id}-hint`}>
          {props.hint}
        </div>
      )}
    </div>
  );
}

/** A switch with its label behind it. */
export function CheckField(props: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  hint?: string;
}): JSX.Element {
  return (
    <div className="jp-RokField">
      <label className="jp-RokField-check">
        <input
          type="checkbox"
          checked={props.checked}
          onChange={event => props.onChange(event.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      {props.hint && <div className="jp-RokField-hint">{props.hint}</div>}
    </div>
  );
}
