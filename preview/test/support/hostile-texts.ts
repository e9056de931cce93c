/** Texts that may be in a label, a log line or an annotation, and must never be more than text. */
export const hostileTexts: readonly string[] = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  '</script><script>document.title=3</script><!--',
  `"quotes" 'and' \`backticks\` \${template} {{braces}} \\ backslash &amp; entity`,
  'javascript:alert(1) data:text/html,<b>bold</b>',
  '\u202Eright-to-left override\u202C שלום عربي',
  '🧯 emoji 👩‍👩‍👧 and a lone \u0301 accent',
  'control \u001b[31m\u0007\u009b, zero-width \u200b\u2060\ufeff, isolate \u2066\u2069, tag \u{e0041}',
  'long '.repeat(2000),
];
