--- Tells the server where the person is: which document is in front, where the cursor went.
---
--- Rules
---  - Moving the cursor by typing is not told: the edit says it.

local server = require('echo.server')

local api = vim.api

local M = {}

---@type table<integer, integer> the state of a buffer's text when its cursor was last looked at
local ticks = {}

---@param bufnr integer
---@return table
local function document(bufnr)
  return { uri = vim.uri_from_bufnr(bufnr) }
end

---@param bufnr integer
function M.came_to_front(bufnr)
  local client = server.client(bufnr)
  if client then
    client:notify('textDocument/didFocus', { textDocument = document(bufnr) })
  end
end

--- The window of the editor is no longer in front.
function M.went_away()
  for _, client in ipairs(vim.lsp.get_clients({ name = server.NAME })) do
    client:notify('textDocument/didFocus', vim.empty_dict())
  end
end

---@param bufnr integer
---@param row integer 0-based
---@param col integer in bytes
---@param encoding string
---@return lsp.Position
local function position(bufnr, row, col, encoding)
  local line = api.nvim_buf_get_lines(bufnr, row, row + 1, false)[1] or ''
  local character = vim.str_utfindex(line, encoding, math.min(col, #line), false)
  return { line = row, character = character }
end

---@param bufnr integer
function M.cursor_moved(bufnr)
  local client = server.client(bufnr)
  local tick = api.nvim_buf_get_changedtick(bufnr)
  local by_typing = ticks[bufnr] ~= tick
  ticks[bufnr] = tick
  if not client or by_typing then
    return
  end
  local at = api.nvim_win_get_cursor(0)
  local head = position(bufnr, at[1] - 1, at[2], client.offset_encoding)
  local anchor = head
  if api.nvim_get_mode().mode:match('^[vV\22]') then
    local from = vim.fn.getpos('v')
    anchor = position(bufnr, from[2] - 1, from[3] - 1, client.offset_encoding)
  end
  client:notify('textDocument/didMoveCursor', {
    textDocument = document(bufnr),
    anchor = anchor,
    head = head,
  })
end

---@param bufnr integer
function M.forget(bufnr)
  ticks[bufnr] = nil
end

return M
