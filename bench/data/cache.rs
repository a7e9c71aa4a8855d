//! A cache with a bound on its weight: the entry that was not used for the longest time leaves.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::Hash;

#[derive(Debug, Clone, PartialEq)]
pub enum CacheError {
    TooHeavy { weight: usize, capacity: usize },
    NoCapacity,
}

impl fmt::Display for CacheError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CacheError::TooHeavy { weight, capacity } => {
                write!(formatter, "an entry of {weight} does not fit into {capacity}")
            }
            CacheError::NoCapacity => write!(formatter, "a cache needs a capacity above zero"),
        }
    }
}

impl std::error::Error for CacheError {}

#[derive(Debug, Default, Clone, Copy)]
pub struct CacheStats {
    pub hits: u64,
    pub misses: u64,
    pub evictions: u64,
}

impl CacheStats {
    pub fn hit_rate(&self) -> Option<f64> {
        let asked = self.hits + self.misses;
        if asked == 0 {
            return None;
        }
        Some(self.hits as f64 / asked as f64)
    }
}

struct Slot<V> {
    value: V,
    weight: usize,
    used_at: u64,
}

pub struct WeightedCache<K, V> {
    slots: HashMap<K, Slot<V>>,
    order: BTreeMap<u64, K>,
    capacity: usize,
    weight: usize,
    clock: u64,
    stats: CacheStats,
}

impl<K: Eq + Hash + Clone, V> WeightedCache<K, V> {
    pub fn new(capacity: usize) -> Result<Self, CacheError> {
        if capacity == 0 {
            return Err(CacheError::NoCapacity);
        }
        Ok(Self {
            slots: HashMap::new(),
            order: BTreeMap::new(),
            capacity,
            weight: 0,
            clock: 0,
            stats: CacheStats::default(),
        })
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    pub fn stats(&self) -> CacheStats {
        self.stats
    }

    pub fn get(&mut self, key: &K) -> Option<&V> {
        self.clock += 1;
        let now = self.clock;
        let Some(slot) = self.slots.get_mut(key) else {
            self.stats.misses += 1;
            return None;
        };
        self.stats.hits += 1;
        self.order.remove(&slot.used_at);
        slot.used_at = now;
        self.order.insert(now, key.clone());
        Some(&slot.value)
    }

    pub fn insert(&mut self, key: K, value: V, weight: usize) -> Result<Option<V>, CacheError> {
        if weight > self.capacity {
            return Err(CacheError::TooHeavy {
                weight,
                capacity: self.capacity,
            });
        }
        let replaced = self.remove(&key);
        while self.weight + weight > self.capacity {
            self.evict_oldest();
        }
        self.clock += 1;
        self.weight += weight;
        self.order.insert(self.clock, key.clone());
        self.slots.insert(
            key,
            Slot {
                value,
                weight,
                used_at: self.clock,
            },
        );
        Ok(replaced)
    }

    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.slots.remove(key)?;
        self.order.remove(&slot.used_at);
        self.weight -= slot.weight;
        Some(slot.value)
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let dropped: Vec<K> = self
            .slots
            .iter()
            .filter(|(key, slot)| !keep(key, &slot.value))
            .map(|(key, _)| key.clone())
            .collect();
        for key in dropped {
            self.remove(&key);
        }
    }

    fn evict_oldest(&mut self) {
        let Some((_, key)) = self.order.pop_first() else {
            return;
        };
        if let Some(slot) = self.slots.remove(&key) {
            self.weight -= slot.weight;
            self.stats.evictions += 1;
        }
    }
}

pub fn parse_capacity(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text.trim_end_matches(|symbol: char| symbol.is_ascii_alphabetic());
    let unit = &text[digits.len()..];
    let number: usize = digits.parse().ok()?;
    let factor = match unit {
        "" => 1,
        "k" | "K" => 1024,
        "m" | "M" => 1024 * 1024,
        _ => return None,
    };
    number.checked_mul(factor)
}
