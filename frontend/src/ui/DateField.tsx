/** A day as the API writes it, 2026-11-30; picked or typed. */
import { DatePicker } from "antd";
import dayjs from "dayjs";

interface Props {
  readonly label: string;
  readonly value: string;
  readonly size?: "small" | "middle";
  readonly onChange: (day: string) => void;
}

export function DateField({ label, value, size = "middle", onChange }: Props) {
  return (
    <DatePicker
      aria-label={label}
      size={size}
      format="YYYY-MM-DD"
      allowClear={false}
      value={value ? dayjs(value) : null}
      onChange={(day: dayjs.Dayjs | null) => {
        if (day) onChange(day.format("YYYY-MM-DD"));
      }}
    />
  );
}
