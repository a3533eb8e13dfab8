/**
 * The side bar panel: an accordion of the features' sections.
 */
import { SidePanel } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { AccordionPanel, Panel, Widget } from '@lumino/widgets';

import type { IRokPanel, IRokSection } from '../tokens';
import { rokIcon } from '../ui/icons';

/** The panel's id in the shell. */
export const PANEL_ID = 'rok-jupyter-panel';
/** What an open section needs at least, in pixels. */
const LEAST_HEIGHT = 60;

/** The least part of the panel's height that a section gets where it is asked for. */
const SEEN = 0.5;

/** A SidePanel whose sections stand in the order of their ranks, whichever plugin comes first. */
export class RokPanel extends SidePanel implements IRokPanel {
  constructor(
    label: string,
    private readonly _activate: () => void
  ) {
    super();
    this.id = PANEL_ID;
    this.addClass('jp-RokPanel');
    this.title.icon = rokIcon;
    this.title.caption = label;
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', label);
    const accordion = this.content as AccordionPanel;
    accordion.expansionToggled.connect((_, index) => {
      requestAnimationFrame(() => this._giveRoom(accordion, index));
    }, this);
  }

  /** Whoever asks for the panel by keyboard goes on in it; what took the focus in it already keeps it. */
  protected override onActivateRequest(msg: Message): void {
    super.onActivateRequest(msg);
    if (!this.node.contains(document.activeElement)) {
      this.node.focus({ preventScroll: true });
    }
  }

  addSection(section: IRokSection): void {
    const index = this._sections.filter(each => each.rank <= section.rank).length;
    this._sections.splice(index, 0, section);
    this.insertWidget(index, section.content);
    if (section.isCollapsed) {
      (this.content as AccordionPanel).collapse(index);
    }
    section.content.disposed?.connect(() => {
      this._sections.splice(this._sections.indexOf(section), 1);
    });
  }

  addBanner(widget: Widget): void {
    (this.header as Panel).addWidget(widget);
  }

  open(sectionId?: string): void {
    this._activate();
    if (sectionId === undefined) {
      return;
    }
    const index = this._sections.findIndex(section => section.id === sectionId);
    if (index >= 0) {
      const accordion = this.content as AccordionPanel;
      accordion.expand(index);
      const sizes = accordion.relativeSizes();
      // What was asked for is to be seen, however many sections share the height.
      if (sizes[index] < SEEN) {
        const others = sizes.reduce((sum, size) => sum + size, -sizes[index]);
        sizes[index] = (others * SEEN) / (1 - SEEN);
        accordion.setRelativeSizes(sizes);
      }
    }
  }

  /**
   * Give an opened section room: one that was closed before the panel was first laid out has no size to come back to.
   */
  private _giveRoom(accordion: AccordionPanel, index: number): void {
    const opened = accordion.widgets[index];
    if (!this.isVisible || opened.isHidden || opened.node.offsetHeight >= LEAST_HEIGHT) {
      return;
    }
    const open = accordion.widgets.filter(widget => !widget.isHidden).length;
    accordion.setRelativeSizes(accordion.widgets.map(widget => (widget.isHidden ? 0 : 1 / open)));
  }

  private readonly _sections: IRokSection[] = [];
}
