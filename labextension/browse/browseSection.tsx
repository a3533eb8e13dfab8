/**
 * The section of the panel that shows a snapshot's files, while a user browses one.
 */
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { closeIcon, type PanelWithToolbar, Toolbar, ToolbarButton } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { Snapshot } from '../rest/values';
import type { IRokModel, IRokPanel } from '../tokens';
import { formatMoment } from '../ui/format';
import { makeSection, WatchingView } from '../ui/section';
import { BrowseView } from './browseView';
import { Folder } from './folder';

/** What the section works with. */
export interface IBrowseContext {
  readonly model: IRokModel;
  readonly panel: IRokPanel;
  readonly commands: CommandRegistry;
  readonly fileTypes: DocumentRegistry;
  readonly trans: TranslationBundle;
}

const ID = 'rok-browse';
/** Between the snapshots and the volumes. */
const RANK = 15;

/** The files of one snapshot after another; its section is in the panel until it is closed. */
export class BrowseSection {
  constructor(private readonly _context: IBrowseContext) {}

  /** Show a folder of a snapshot; without one, the folder that is shown already, if the snapshot has it. */
  async show(snapshot: Snapshot, volume?: string, path?: string): Promise<void> {
    const { panel, trans } = this._context;
    const folder = (this._folder ??= new Folder(this._context.model.api, snapshot));
    const section = (this._section ??= this._make(folder));
    section.title.label = trans.__('Files: %1', formatMoment(snapshot.created));
    panel.open(ID);
    const here = volume === undefined ? folder.at : { volume, path };
    await folder.open(snapshot, here?.volume, here?.path);
    if (volume === undefined && folder.error?.status === 404) {
      await folder.open(snapshot);
    }
  }

  dispose(): void {
    this._section?.dispose();
    this._folder?.dispose();
    this._section = this._folder = undefined;
  }

  private _make(folder: Folder): PanelWithToolbar {
    const { model, panel, commands, fileTypes, trans } = this._context;
    const view = new WatchingView(model, () => (
      <BrowseView folder={folder} commands={commands} fileTypes={fileTypes} trans={trans} />
    ));
    const section = makeSection({ id: ID, title: '', view });
    section.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    section.toolbar.addItem(
      'close',
      new ToolbarButton({
        icon: closeIcon,
        tooltip: trans.__('Close the snapshot’s files'),
        onClick: () => this.dispose()
      })
    );
    panel.addSection({ id: ID, rank: RANK, content: section });
    return section;
  }

  private _folder: Folder | undefined;
  private _section: PanelWithToolbar | undefined;
}
