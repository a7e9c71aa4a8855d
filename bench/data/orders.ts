// Orders of a small shop: what is in them, what they cost, and how they are kept.

export interface OrderLine {
  article: string;
  quantity: number;
  unitPriceCents: number;
}

export interface Discount {
  code: string;
  percent: number;
  minimumCents: number;
  validUntil: Date;
}

export type OrderState = "draft" | "placed" | "paid" | "shipped" | "cancelled";

const VAT_PERCENT = 19;
const FREE_SHIPPING_FROM_CENTS = 5000;
const SHIPPING_CENTS = 490;

export class OrderError extends Error {
  constructor(message: string, readonly orderId: string) {
    super(`${message} (order ${orderId})`);
    this.name = "OrderError";
  }
}

export class Order {
  private readonly lines: OrderLine[] = [];
  private discount: Discount | undefined;
  private state: OrderState = "draft";

  constructor(readonly id: string, readonly customer: string) {}

  add(article: string, quantity: number, unitPriceCents: number): void {
    if (this.state !== "draft") {
      throw new OrderError("only a draft can be changed", this.id);
    }
    if (quantity <= 0 || !Number.isInteger(quantity)) {
      throw new OrderError("a quantity is a whole number above zero", this.id);
    }
    const existing = this.lines.find((line) => line.article === article);
    if (existing !== undefined && existing.unitPriceCents === unitPriceCents) {
      existing.quantity += quantity;
      return;
    }
    this.lines.push({ article, quantity, unitPriceCents });
  }

  remove(article: string): boolean {
    const index = this.lines.findIndex((line) => line.article === article);
    if (index < 0) {
      return false;
    }
    this.lines.splice(index, 1);
    return true;
  }

  apply(discount: Discount, now: Date): void {
    if (discount.validUntil < now) {
      throw new OrderError("this discount is no longer valid", this.id);
    }
    if (this.netCents() < discount.minimumCents) {
      throw new OrderError("the order is too small for this discount", this.id);
    }
    this.discount = discount;
  }

  netCents(): number {
    return this.lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
  }

  discountCents(): number {
    if (this.discount === undefined) {
      return 0;
    }
    return Math.round((this.netCents() * this.discount.percent) / 100);
  }

  shippingCents(): number {
    const goods = this.netCents() - this.discountCents();
    return goods >= FREE_SHIPPING_FROM_CENTS ? 0 : SHIPPING_CENTS;
  }

  totalCents(): number {
    const taxed = this.netCents() - this.discountCents() + this.shippingCents();
    return Math.round((taxed * (100 + VAT_PERCENT)) / 100);
  }

  place(): void {
    if (this.lines.length === 0) {
      throw new OrderError("an empty order cannot be placed", this.id);
    }
    this.state = "placed";
  }
}

export function formatCents(cents: number, currency = "EUR"): string {
  const sign = cents < 0 ? "-" : "";
  const whole = Math.floor(Math.abs(cents) / 100);
  const rest = String(Math.abs(cents) % 100).padStart(2, "0");
  return `${sign}${whole}.${rest} ${currency}`;
}

export function groupByCustomer(orders: Order[]): Map<string, Order[]> {
  const groups = new Map<string, Order[]>();
  for (const order of orders) {
    const group = groups.get(order.customer) ?? [];
    group.push(order);
    groups.set(order.customer, group);
  }
  return groups;
}

export async function loadOrders(
  fetchPage: (page: number) => Promise<Order[]>,
  pagesMax = 10,
): Promise<Order[]> {
  const loaded: Order[] = [];
  for (let page = 0; page < pagesMax; page++) {
    const orders = await fetchPage(page);
    if (orders.length === 0) {
      break;
    }
    loaded.push(...orders);
  }
  return loaded;
}

export function bestCustomers(orders: Order[], count: number): string[] {
  const totals = new Map<string, number>();
  for (const order of orders) {
    const before = totals.get(order.customer) ?? 0;
    totals.set(order.customer, before + order.totalCents());
  }
  return [...totals.entries()]
    .sort(([, first], [, second]) => second - first)
    .slice(0, count)
    .map(([customer]) => customer);
}
