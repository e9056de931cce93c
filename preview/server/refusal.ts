/** Why a request is not answered as it wants: a status and a sentence for whoever sent it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}
