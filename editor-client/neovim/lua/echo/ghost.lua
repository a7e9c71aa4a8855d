--- Draws what is proposed behind the cursor, as virtual text. It changes no buffer.

local M = {}

local namespace = vim.api.nvim_create_namespace('echo')

vim.api.nvim_set_hl(0, 'EchoGhost', { default = true, link = 'NonText' })

--- Draw `text` at a place (0-based row, byte column).
---@param bufnr integer
---@param row integer
---@param col integer
---@param text string
function M.draw(bufnr, row, col, text)
  M.clear(bufnr)
  local lines = vim.split(text, '\n', { plain = true })
  local below = {}
  for index = 2, #lines do
    below[#below + 1] = { { lines[index] == '' and ' ' or lines[index], 'EchoGhost' } }
  end
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row, col, {
    virt_text = { { lines[1], 'EchoGhost' } },
    virt_text_pos = 'inline',
    virt_lines = below,
    hl_mode = 'combine',
    right_gravity = true,
  })
end

---@param bufnr integer
function M.clear(bufnr)
  if vim.api.nvim_buf_is_valid(bufnr) then
    vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  end
end

return M
