import { useEffect, useState } from 'preact/hooks';
import { fetchJson } from './live-queries.ts';
import { Markdown } from './markdown.tsx';

/** The page of the runbook of an alert. */
export function RunbookPage({ name }: { name: string }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  useEffect(() => {
    fetchJson<{ text: string }>(`/api/runbooks/${name}`).then(
      (answer) => setText(answer.text),
      (error: Error) => setProblem(error.message),
    );
  }, [name]);
  return (
    <>
      <div class="title">
        <h1>Runbook: {name}</h1>
      </div>
      {problem !== '' && (
        <div class="message error" role="alert">
          {problem}
        </div>
      )}
      {/* Its first line is the name, which the page says already. */}
      <Markdown text={text.replace(/^# .*\n/, '')} />
    </>
  );
}
