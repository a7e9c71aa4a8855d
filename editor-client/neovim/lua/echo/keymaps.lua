--- Keys of insert mode. A key does what it did before where nothing of Echo's is on the screen.

local config = require('echo.config')

local M = {}

--- What a key does without Echo, as keys to be typed.
---@param key string
---@param before? table as `maparg()` describes a mapping
---@return string
local function otherwise(key, before)
  if not before or vim.tbl_isempty(before) then
    return vim.keycode(key)
  end
  if before.callback then
    local result = before.callback()
    if before.expr ~= 1 or type(result) ~= 'string' then
      return ''
    end
    return before.replace_keycodes == 1 and vim.keycode(result) or result
  end
  if before.expr == 1 then
    return vim.keycode(vim.api.nvim_eval(before.rhs))
  end
  return vim.keycode(before.rhs or '')
end

---@param key string|false|nil
---@param description string
---@param act fun(): string? keys that do it; nil where there is nothing to do
local function map(key, description, act)
  if not key then
    return
  end
  local before = vim.fn.maparg(key, 'i', false, true) --[[@as table]]
  vim.keymap.set('i', key, function()
    return act() or otherwise(key, before)
  end, { expr = true, replace_keycodes = false, desc = description })
end

--- Keys that call a function of `echo`: a buffer may not change while an expression is evaluated.
---@param action string
---@return string
local function typed(action)
  return vim.keycode(("<Cmd>lua require('echo').%s()<CR>"):format(action))
end

---@param action string
---@return fun(): string?
local function where_drawn(action)
  return function()
    return require('echo').is_visible() and typed(action) or nil
  end
end

---@param action string
---@return fun(): string
local function anywhere(action)
  return function()
    return typed(action)
  end
end

function M.set()
  local keys = config.current.keymaps
  if not keys then
    return
  end
  map(keys.next, 'Echo: another proposal', anywhere('next'))
  map(keys.previous, 'Echo: the proposal before', anywhere('previous'))
  map(keys.request, 'Echo: propose something here', anywhere('request'))
  if config.uses_builtin() then
    map(keys.accept, 'Echo: take the proposal', function()
      return require('echo').accept() and '' or nil
    end)
    return
  end
  map(keys.accept, 'Echo: take the proposal', where_drawn('accept'))
  map(keys.accept_word, 'Echo: take the next word', where_drawn('accept_word'))
  map(keys.accept_line, 'Echo: take the next line', where_drawn('accept_line'))
  map(keys.dismiss, 'Echo: away with the proposal', where_drawn('dismiss'))
end

return M
