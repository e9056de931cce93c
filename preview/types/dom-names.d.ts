/**
 * Names of the DOM that the types of playwright-core mention. Programs of Node have no DOM, and what a test runs in the
 * browser it gives as text, so names are all that is needed.
 */
interface Node {
  readonly nodeType: number;
}
interface HTMLElement extends Node {
  readonly innerText: string;
}
interface SVGElement extends Node {
  readonly ownerSVGElement: SVGElement | null;
}
interface HTMLElementTagNameMap {
  readonly html: HTMLElement;
}
