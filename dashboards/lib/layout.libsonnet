// Where panels are: rows from top to bottom, each panel's width in the 24 columns of Grafana's grid.
local g = import 'g.libsonnet';
local panels = import 'panels.libsonnet';

local sum(numbers) = std.foldl(function(total, number) total + number, numbers, 0);

// A row: its height in the grid's rows, and [width, panel] from left to right.
local placed(row, y) = [
  local x = sum([each[0] for each in row.panels[:index]]);
  row.panels[index][1] { gridPos: { h: row.height, w: row.panels[index][0], x: x, y: y } }
  for index in std.range(0, std.length(row.panels) - 1)
];

local heading(title, y) = g.panel.row.new(title) + { id: panels.idOf('row ' + title), gridPos: { h: 1, w: 24, x: 0, y: y } };

{
  row(height, panels):: { height: height, panels: panels },
  // A part of a dashboard under a heading, or under none.
  section(title, rows):: { title: title, rows: rows },

  // The panels of the sections with their places.
  place(sections):: std.foldl(
    function(done, section)
      local top = done.y + (if section.title == null then 0 else 1);
      std.foldl(
        function(done, row) { y: done.y + row.height, panels: done.panels + placed(row, done.y) },
        section.rows,
        { y: top, panels: done.panels + (if section.title == null then [] else [heading(section.title, done.y)]) }
      ),
    sections,
    { y: 0, panels: [] }
  ).panels,
}
