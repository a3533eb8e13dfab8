/**
 * Open documents whose unsaved changes a comparison with now can't see.
 */
import { PageConfig } from '@jupyterlab/coreutils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import { WorkspacePaths } from '../model/workspacePaths';
import { baseName, formatVolumePath } from '../rest/names';
import type { IRokDocuments, IRokModel } from '../tokens';
import { Button } from '../ui/button';
import { WarningNotice } from '../ui/notice';
import type { Comparison } from './comparison';

/** The unsaved documents of this window. */
export class UnsavedDocuments {
  constructor(
    private readonly _documents: IRokDocuments,
    private readonly _model: IRokModel,
    private readonly _contents: Contents.IManager
  ) {}

  /** Those that a comparison is about; none where it isn't one with now. */
  of(comparison: Comparison): readonly string[] {
    const status = this._model.status.value;
    if (comparison.after !== 'live' || status === undefined) {
      return [];
    }
    const places = new WorkspacePaths(status, PageConfig.getOption('serverRoot'));
    return this._documents.unsaved().filter(path => {
      const at = places.toVolume(this._contents.localPath(path));
      return at !== undefined && comparison.isAbout(formatVolumePath(at));
    });
  }

  async save(paths: readonly string[]): Promise<void> {
    await this._documents.save(paths);
  }
}

/** Says which documents those are, and saves them. Looks anew with each edition of the comparison. */
export function UnsavedNotice(props: {
  comparison: Comparison;
  documents: UnsavedDocuments;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { comparison, documents, trans } = props;
  const [isSaving, setSaving] = useState(false);
  const unsaved = documents.of(comparison);
  if (unsaved.length === 0) {
    return null;
  }
  const save = async (): Promise<void> => {
    setSaving(true);
    await documents.save(unsaved);
    setSaving(false);
    await comparison.refresh();
  };
  return (
    <WarningNotice>
      <p>
        {trans._n(
          'An open document has unsaved changes, which are not compared: %2.',
          '%1 open documents have unsaved changes, which are not compared: %2.',
          unsaved.length,
          unsaved.map(baseName).join(', ')
        )}
      </p>
      <Button
        label={trans.__('Save and Compare Again')}
        reason={isSaving ? trans.__('Saving…') : ''}
        onClick={() => void save()}
      />
    </WarningNotice>
  );
}
