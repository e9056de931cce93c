/** What may be in a label, a log line or an annotation, and must never be more than text. */
export const hostileTexts: readonly string[] = [
  '<img src=x onerror="document.title=1"><script>document.title=2</script>',
  '</script><script>document.title=3</script><!--',
  `"quotes" 'and' \`backticks\` \${template} {{braces}} \\ backslash &amp; entity`,
  'javascript:alert(1) data:text/html,<b>bold</b>',
  '\u202Eright-to-left override\u202C שלום عربي',
  '🧯 emoji 👩‍👩‍👧 and a lone \u0301 accent',
  'long '.repeat(2000),
];
