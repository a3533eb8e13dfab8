/**
 * The difference of two texts by CodeMirror's merge view: side by side where there is room, else in one column.
 *
 * Loaded when a text is compared first.
 */
import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { type IEditorLanguageRegistry, jupyterTheme } from '@jupyterlab/codemirror';
import type { Message } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

/** Below this width one column is drawn, in pixels. */
const NARROW = 520;
const COLLAPSE = { margin: 3, minSize: 6 };

interface ITexts {
  readonly before: string;
  readonly after: string;
}

/** What the two columns are called to a screen reader. */
interface ILabels {
  readonly before: string;
  readonly after: string;
}

/** Two texts and what differs between them. */
export class TextDetail extends Widget {
  constructor(
    private readonly _texts: ITexts,
    private readonly _labels: ILabels,
    private readonly _language: Extension
  ) {
    super();
    this.addClass('jp-RokTextDetail');
  }

  override dispose(): void {
    this._view?.destroy();
    super.dispose();
  }

  protected override onAfterAttach(msg: Message): void {
    super.onAfterAttach(msg);
    this._fit();
  }

  protected override onAfterShow(msg: Message): void {
    super.onAfterShow(msg);
    this._fit();
  }

  protected override onResize(msg: Widget.ResizeMessage): void {
    super.onResize(msg);
    this._fit();
  }

  private _fit(): void {
    const width = this.node.clientWidth;
    const narrow = width < NARROW;
    if (width === 0 || (this._view && narrow === this._narrow)) {
      return;
    }
    this._view?.destroy();
    this._narrow = narrow;
    this._view = narrow ? this._drawColumn() : this._drawSides();
    this.node.dataset.layout = narrow ? 'column' : 'sides';
  }

  private _drawSides(): MergeView {
    const { before, after } = this._texts;
    return new MergeView({
      a: { doc: before, extensions: this._extensions(this._labels.before) },
      b: { doc: after, extensions: this._extensions(this._labels.after) },
      parent: this.node,
      collapseUnchanged: COLLAPSE,
      gutter: true
    });
  }

  private _drawColumn(): EditorView {
    const { before, after } = this._texts;
    const merged = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: COLLAPSE });
    return new EditorView({
      doc: after,
      extensions: [...this._extensions(`${this._labels.before} – ${this._labels.after}`), merged],
      parent: this.node
    });
  }

  private _extensions(label: string): Extension[] {
    return [
      EditorState.readOnly.of(true),
      EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
      EditorView.lineWrapping,
      lineNumbers(),
      jupyterTheme,
      this._language
    ];
  }

  private _view: MergeView | EditorView | undefined;
  private _narrow = false;
}

/** The colours of a file's language; none where it isn't known. */
export async function languageOf(
  name: string,
  languages: IEditorLanguageRegistry | null
): Promise<Extension> {
  const found = languages?.findByFileName(name);
  const language = found && (await languages?.getLanguage(found));
  return language?.support ?? [];
}
