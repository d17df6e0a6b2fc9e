// The baseline of all speed figures: what a plain libpcap program costs that looks at the Ethernet,
// IP and TCP headers of each packet and does nothing with them but add them up.
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>

struct totals {
  uint64_t packets;
  uint64_t bytes;
  uint64_t sum;
};

static uint16_t load16(const uint8_t *bytes) { return (uint16_t)(bytes[0] << 8 | bytes[1]); }

static uint32_t load32(const uint8_t *bytes) {
  return (uint32_t)load16(bytes) << 16 | load16(bytes + 2);
}

static uint64_t touch_tcp(const uint8_t *bytes, size_t length) {
  if (length < 20) return 0;
  return (uint64_t)load16(bytes) + load16(bytes + 2) + load32(bytes + 4) + load32(bytes + 8) +
         bytes[12] + bytes[13] + load16(bytes + 14);
}

static uint64_t touch_ipv4(const uint8_t *bytes, size_t length) {
  if (length < 20) return 0;
  size_t header = (size_t)(bytes[0] & 15) * 4;
  uint64_t sum = (uint64_t)load16(bytes + 2) + load32(bytes + 12) + load32(bytes + 16) + bytes[9];
  if (header < 20 || header > length || bytes[9] != 6 || (load16(bytes + 6) & 0x1FFF)) return sum;
  return sum + touch_tcp(bytes + header, length - header);
}

static uint64_t touch_ipv6(const uint8_t *bytes, size_t length) {
  if (length < 40) return 0;
  uint64_t sum = (uint64_t)load16(bytes + 4) + bytes[6];
  for (int offset = 8; offset < 40; offset += 4) sum += load32(bytes + offset);
  return bytes[6] == 6 ? sum + touch_tcp(bytes + 40, length - 40) : sum;
}

static void touch(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes) {
  struct totals *totals = (struct totals *)context;
  size_t length = header->caplen;
  totals->packets += 1;
  totals->bytes += length;
  if (length < 14) return;
  size_t offset = 12;
  uint16_t type = load16(bytes + offset);
  while ((type == 0x8100 || type == 0x88A8) && offset + 6 <= length) {
    offset += 4;
    type = load16(bytes + offset);
  }
  offset += 2;
  totals->sum += type;
  if (type == 0x0800) totals->sum += touch_ipv4(bytes + offset, length - offset);
  if (type == 0x86DD) totals->sum += touch_ipv6(bytes + offset, length - offset);
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: pcap-loop FILE\n");
    return 2;
  }
  char message[PCAP_ERRBUF_SIZE];
  pcap_t *capture = pcap_open_offline(arguments[1], message);
  if (!capture) {
    fprintf(stderr, "pcap-loop: %s\n", message);
    return 2;
  }
  struct totals totals = {0, 0, 0};
  if (pcap_loop(capture, -1, touch, (u_char *)&totals) != 0) {
    fprintf(stderr, "pcap-loop: %s: %s\n", arguments[1], pcap_geterr(capture));
    return 1;
  }
  pcap_close(capture);
  printf("{\"packets\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"sum\":%" PRIu64 "}\n", totals.packets,
         totals.bytes, totals.sum);
  return 0;
}
