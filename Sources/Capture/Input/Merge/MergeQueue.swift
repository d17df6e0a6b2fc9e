/// The files of a merge that go on, the one with the earliest packet first; of several the one
/// that comes first in the input. A binary heap.
struct MergeQueue {
  private struct Entry {
    var time: Int64
    var file: Int

    static func < (left: Self, right: Self) -> Bool {
      (left.time, left.file) < (right.time, right.file)
    }
  }

  private var entries: [Entry] = []

  var isEmpty: Bool { entries.isEmpty }

  /// The file whose turn it is.
  var first: Int? { entries.first?.file }

  mutating func insert(_ file: Int, time: Int64) {
    entries.append(Entry(time: time, file: file))
    var place = entries.count - 1
    while place > 0, entries[place] < entries[(place - 1) / 2] {
      entries.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  /// The first file has another packet at its head.
  mutating func updateFirst(time: Int64) {
    entries[0].time = time
    sink()
  }

  mutating func removeFirst() {
    entries.swapAt(0, entries.count - 1)
    entries.removeLast()
    sink()
  }

  private mutating func sink() {
    var place = 0
    while true {
      var least = place
      let left = 2 * place + 1
      if left < entries.count, entries[left] < entries[least] { least = left }
      if left + 1 < entries.count, entries[left + 1] < entries[least] { least = left + 1 }
      if least == place { return }
      entries.swapAt(place, least)
      place = least
    }
  }
}
