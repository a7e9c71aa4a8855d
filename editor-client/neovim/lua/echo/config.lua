--- What a person can set, with its defaults. `:help echo-setup` describes each.

local M = {}

---@class echo.Keymaps
---@field accept? string|false
---@field accept_word? string|false
---@field accept_line? string|false
---@field next? string|false
---@field previous? string|false
---@field request? string|false
---@field dismiss? string|false

---@class echo.Config
---@field cmd? string[] how the server is started; without it, `echo-lsp` is looked for
---@field filetypes? string[] where Echo is started; without it, in every file
---@field root_markers string[]
---@field builtin? boolean use Neovim's own inline completion; without it, where there is one
---@field debounce_ms integer a pause in typing after which something is asked for
---@field keymaps echo.Keymaps|false keys of insert mode; false for none
---@field settings table what docs/settings.md lists for editors, such as `completion.eagerness`

---@type echo.Config
M.defaults = {
  root_markers = { '.git' },
  debounce_ms = 30,
  keymaps = {
    accept = '<Tab>',
    accept_word = '<M-Right>',
    accept_line = '<M-Down>',
    next = '<M-]>',
    previous = '<M-[>',
    request = '<M-\\>',
    dismiss = '<C-]>',
  },
  settings = {},
}

---@type echo.Config
M.current = vim.deepcopy(M.defaults)

---@param given? table
---@return echo.Config
function M.set(given)
  given = given or {}
  vim.validate('cmd', given.cmd, 'table', true)
  vim.validate('filetypes', given.filetypes, 'table', true)
  vim.validate('root_markers', given.root_markers, 'table', true)
  vim.validate('builtin', given.builtin, 'boolean', true)
  vim.validate('debounce_ms', given.debounce_ms, 'number', true)
  vim.validate('settings', given.settings, 'table', true)
  vim.validate('keymaps', given.keymaps, function(keys)
    return keys == nil or keys == false or type(keys) == 'table'
  end, true, 'a table, or false')
  for name in pairs(given) do
    if M.defaults[name] == nil and not vim.list_contains({ 'cmd', 'filetypes', 'builtin' }, name) then
      error(('echo: there is no setting %q; :help echo-setup lists them'):format(name), 0)
    end
  end
  M.current = vim.tbl_deep_extend('force', vim.deepcopy(M.defaults), given)
  return M.current
end

--- Whether Neovim draws by itself.
---@return boolean
function M.uses_builtin()
  if M.current.builtin ~= nil then
    return M.current.builtin and vim.lsp.inline_completion ~= nil
  end
  return vim.lsp.inline_completion ~= nil
end

return M
