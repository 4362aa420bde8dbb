/** Words that a site sent: shown as what they are, kept from turning what stands around them, cut in place. */
export function SentText({ text, cut = true }: { text: string; cut?: boolean }) {
  return (
    <bdi class={cut ? 'cut' : 'words'} title={cut && text.length > 30 ? text : undefined}>
      {text}
    </bdi>
  );
}

/** For where nothing wraps or cuts by itself, as in a chart: at most so many characters. */
export function shortened(text: string, most: number): string {
  const characters = [...new Intl.Segmenter().segment(text.slice(0, most * 8))].map(({ segment }) => segment);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('');
}
